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
        SortedMap<String, Integer> before = null;
        while (!left.isEmpty()) {
            SortedMap<String, Integer> some = BrokerErrors.translating(() -> next(left));
            if (some.equals(before)) {
                break; // there is no such topic
            }
            List<PageChange> changes = step(some);
            if (changes.isEmpty()) {
                before = some; // or it has come into pages just now: then these are on other ones
                continue;
            }
            left.removeAll(some.values());
            changes.forEach(change -> left.subSet(change.after().first(), change.after().end()).clear());
            all.addAll(changes);
        }
        return all;
    }

    /** The first partition of each of the next pages, by the key of the page's register. */
    private SortedMap<String, Integer> next(TreeSet<Integer> partitions) {
        SortedMap<String, Integer> firsts = new TreeMap<>();
        boolean isPaged = store.isPaged(topic, id, partitions.last());
        for (int partition : isPaged ? partitions : List.of(partitions.first())) {
            String key = store.keyOf(topic, partition, isPaged);
            if (firsts.size() == TopicStore.PAGES_AT_ONCE && !firsts.containsKey(key)) {
                break;
            }
            firsts.putIfAbsent(key, partition);
        }
        return firsts;
    }

    private List<PageChange> step(SortedMap<String, Integer> partitions) {
        SortedMap<Integer, PageChange> changes = new TreeMap<>();
        RuntimeException failure = null;
        try {
            BrokerErrors.translating(() -> {
                write(begin(partitions, changes), partitions, changes);
                return null;
            });
        } catch (RuntimeException unknown) {
            failure = unknown;
        }
        List<PageChange> certain = List.copyOf(changes.values());
        try {
            done.accept(certain);
        } catch (RuntimeException notTaken) {
            if (failure == null) {
                failure = notTaken;
            } else {
                failure.addSuppressed(notTaken);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return certain;
    }

    /** @param unchanged takes the pages that are to stay as they are */
    private List<TopicStore.Change> begin(SortedMap<String, Integer> partitions, SortedMap<Integer, PageChange> unchanged) {
        List<TopicStore.Place> places = new ArrayList<>();
        registers.readAll(partitions.keySet()).forEach((key, register) ->
                store.placeOf(topic, id, partitions.get(key), register).ifPresent(places::add));
        List<TopicStore.Change> begun = new ArrayList<>();
        if (!places.isEmpty()) {
            edit.begin(places.stream().map(TopicStore.Place::page).toList());
        }
        places.forEach(place -> edit.of(place.page()).ifPresentOrElse(after -> begun.add(new TopicStore.Change(place, after)),
                () -> unchanged.put(place.page().number(), new PageChange(place.page(), place.page()))));
        return begun;
    }

    private void write(List<TopicStore.Change> begun, SortedMap<String, Integer> partitions,
                       SortedMap<Integer, PageChange> changes) {
        SortedMap<String, RegisterStore.Change> wanted = new TreeMap<>();
        begun.forEach(change -> wanted.put(change.key(), new RegisterStore.Change(change.place().version(), change.text())));
        RegisterStore.Changed changed = set(wanted);
        begun.removeIf(change -> takeIfSet(change, changed.set().get(change.key()), changes));
        if (changed.unknown() == null) {
            begun.forEach(change -> again(partitions.get(change.key()))
                    .ifPresent(one -> changes.put(one.after().number(), one)));
        } else if (!begun.isEmpty()) {
            lookAgain(begun, changes, changed.unknown());
        }
    }

    /** Where the journals did not answer in time, all of them may have been set. */
    private RegisterStore.Changed set(SortedMap<String, RegisterStore.Change> wanted) {
        try {
            return registers.compareAndSetAll(wanted);
        } catch (RegisterUnavailableException unknown) {
            return new RegisterStore.Changed(new TreeMap<>(), unknown);
        }
    }

    private void lookAgain(List<TopicStore.Change> doubtful, SortedMap<Integer, PageChange> changes,
                           RegisterUnavailableException unknown) {
        try {
            SortedMap<String, Register> now = registers.readAll(doubtful.stream().map(TopicStore.Change::key).toList());
            doubtful.removeIf(change -> takeIfSet(change, Optional.ofNullable(now.get(change.key()))
                    .filter(register -> register.version() > change.place().version()
                            && register.value().equals(change.text())).orElse(null), changes));
        } catch (RegisterUnavailableException silence) {
            unknown.addSuppressed(silence);
        }
        if (!doubtful.isEmpty()) {
            throw unknown;
        }
    }

    /** @param set the register after the change; null: it is not known to have been made */
    private static boolean takeIfSet(TopicStore.Change change, Register set, SortedMap<Integer, PageChange> changes) {
        if (set != null) {
            changes.put(change.after().number(), change.done(set.version()));
        }
        return set != null;
    }

    /** Another change came first. */
    private Optional<PageChange> again(int partition) {
        return store.change(topic, id, partition, page -> {
            edit.begin(List.of(page));
            return edit.of(page);
        });
    }
}
