package io.millrace.group;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The groups that are at this broker, and those that are on their way to it. Thread-safe. */
final class GroupTable {
    private final Map<String, CompletableFuture<Group>> groups = new ConcurrentHashMap<>();

    boolean isEmpty() {
        return groups.isEmpty();
    }

    /** With those that are on their way. */
    int size() {
        return groups.size();
    }

    /** @return what is there already, or null: it was added */
    CompletableFuture<Group> add(String id, CompletableFuture<Group> loading) {
        return groups.putIfAbsent(id, loading);
    }

    /** It could not be loaded: whoever waits for it is told, and the next one who asks tries again. */
    void failed(String id, CompletableFuture<Group> loading, Throwable failure) {
        groups.remove(id, loading);
        loading.completeExceptionally(failure);
    }

    /** It is not here any more; another one of the same id, which came since, stays. */
    void remove(Group group) {
        groups.computeIfPresent(group.id(), (id, present) -> isOf(present, group) ? null : present);
    }

    /** Does something with a group that is here, at once, or when it has come; and nothing where it is not on its way. */
    void whenLoaded(String id, Consumer<Group> then) {
        CompletableFuture<Group> present = groups.get(id);
        if (present != null) {
            present.thenAccept(then);
        }
    }

    private static boolean isOf(CompletableFuture<Group> loaded, Group group) {
        return isLoaded(loaded) && loaded.join() == group;
    }

    private static boolean isLoaded(CompletableFuture<Group> group) {
        return group.isDone() && !group.isCompletedExceptionally();
    }

    List<Group> loaded() {
        List<Group> loaded = new ArrayList<>();
        groups.values().forEach(each -> {
            if (isLoaded(each)) {
                loaded.add(each.join());
            }
        });
        return loaded;
    }
}
