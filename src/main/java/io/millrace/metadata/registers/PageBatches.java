package io.millrace.metadata.registers;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.registers.TopicStore.PageChange;
import io.millrace.metadata.registers.TopicStore.PageEdit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;

/** One change of many pages of a topic, some at a time, see {@link TopicStore#changeAll}. Used once, by one thread. */
final class PageBatches {
    private final TopicStore store;
    private final RegisterStore registers;
    private final String topic;
    private final UUID id;
    private final PageEdit edit;
    private final Consumer<List<PageChange>> done;

    PageBatches(TopicStore store, RegisterStore registers, String topic, UUID id, PageEdit edit,
                Consumer<List<PageChange>> done) {
        this.store = store;
        this.registers = registers;
        this.topic = topic;
        this.id = id;
        this.edit = edit;
        this.done = done;
    }

    List<PageChange> run(Collection<Integer> partitions) {
        List<PageChange> all = new ArrayList<>();
        TreeSet<Integer> left = new TreeSet<>(partitions);
        while (!left.isEmpty()) {
            List<PageChange> changes = BrokerErrors.translating(() -> {
                SortedMap<String, Integer> some = next(left);
                List<PageChange> step = step(some);
                left.removeAll(some.values());
                return step;
            });
            if (changes.isEmpty()) {
                break; // there is no such topic
            }
            changes.forEach(change -> left.subSet(change.after().first(), change.after().end()).clear());
            all.addAll(changes);
        }
        return all;
    }

    /** The first partition of each of the next pages, by the key of the page's register. */
    private SortedMap<String, Integer> next(TreeSet<Integer> partitions) {
        SortedMap<String, Integer> firsts = new TreeMap<>();
        for (int partition : partitions) {
            String key = store.keyOf(topic, id, partition);
            if (firsts.size() == TopicStore.PAGES_AT_ONCE && !firsts.containsKey(key)) {
                break;
            }
            firsts.putIfAbsent(key, partition);
        }
        return firsts;
    }

    private List<PageChange> step(SortedMap<String, Integer> partitions) {
        SortedMap<Integer, PageChange> changes = new TreeMap<>();
        try {
            write(begin(partitions, changes), partitions, changes);
        } finally {
            done.accept(List.copyOf(changes.values()));
        }
        return List.copyOf(changes.values());
    }

    /** @param unchanged takes the pages that are to stay as they are */
    private List<TopicStore.Change> begin(SortedMap<String, Integer> partitions, SortedMap<Integer, PageChange> unchanged) {
        List<TopicStore.Place> places = new ArrayList<>();
        registers.readAll(partitions.keySet()).forEach((key, register) ->
                store.placeOf(topic, id, partitions.get(key), register).ifPresent(places::add));
        edit.begin();
        List<TopicStore.Change> begun = new ArrayList<>();
        places.forEach(place -> edit.of(place.page()).ifPresentOrElse(after -> begun.add(new TopicStore.Change(place, after)),
                () -> unchanged.put(place.page().number(), new PageChange(place.page(), place.page()))));
        return begun;
    }

    private void write(List<TopicStore.Change> begun, SortedMap<String, Integer> partitions,
                       SortedMap<Integer, PageChange> changes) {
        SortedMap<String, RegisterStore.Change> wanted = new TreeMap<>();
        begun.forEach(change -> wanted.put(change.key(), new RegisterStore.Change(change.place().version(), change.text())));
        Outcome outcome = set(wanted);
        begun.removeIf(change -> takeIfSet(change, outcome.set().get(change.key()), changes));
        if (outcome.unknown() != null && !begun.isEmpty()) {
            throw outcome.unknown();
        }
        begun.forEach(change -> again(partitions.get(change.key()))
                .ifPresent(one -> changes.put(one.after().number(), one)));
    }

    /** @param unknown why it is not known of the others; null: they were not set */
    private record Outcome(SortedMap<String, Register> set, RegisterUnavailableException unknown) {
    }

    private Outcome set(SortedMap<String, RegisterStore.Change> wanted) {
        try {
            return new Outcome(registers.compareAndSetAll(wanted), null);
        } catch (RegisterUnavailableException unknown) {
            SortedMap<String, Register> now = registers.readAll(wanted.keySet());
            now.values().removeIf(register -> !register.value().equals(wanted.get(register.key()).value()));
            return new Outcome(now, unknown);
        }
    }

    private static boolean takeIfSet(TopicStore.Change change, Register set, SortedMap<Integer, PageChange> changes) {
        if (set != null) {
            changes.put(change.after().number(), change.done(set.version()));
        }
        return set != null;
    }

    /** Another change came first. */
    private Optional<PageChange> again(int partition) {
        return store.change(topic, id, partition, page -> {
            edit.begin();
            return edit.of(page);
        });
    }
}
