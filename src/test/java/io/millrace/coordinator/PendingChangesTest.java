package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Changes of transactions, held against what their log says by the order of its records. */
class PendingChangesTest {
    private static final int STEPS = 20_000;
    private static final int KEYS = 4;
    private static final int PRODUCERS = 3;
    private static final long NO_PRODUCER = -1;

    private final Random random = new Random(5);
    private final Counters counters = new Counters();
    private final PendingChanges<String, Long> changes = new PendingChanges<>(counters);

    /** @param transaction number of the transaction, or {@link #NO_PRODUCER} */
    private record Entry(String key, Long value, long transaction) {
    }

    /** What is in the log, and what became of the transactions. */
    private record History(List<Entry> log, Map<Long, Boolean> ends, Map<Long, Long> open, long begun) {
        private boolean counts(Entry entry) {
            return entry.transaction() == NO_PRODUCER || ends.getOrDefault(entry.transaction(), false);
        }

        private Map<String, Long> values() {
            Map<String, Long> values = new TreeMap<>();
            log.stream().filter(this::counts).forEach(each -> {
                if (each.value() == null) {
                    values.remove(each.key());
                } else {
                    values.put(each.key(), each.value());
                }
            });
            return values;
        }

        /** Keys whose last record that counts has one of an open transaction behind it. */
        private Set<String> pending() {
            Set<String> pending = new TreeSet<>();
            log.forEach(each -> {
                if (counts(each)) {
                    pending.remove(each.key());
                } else if (!ends.containsKey(each.transaction())) {
                    pending.add(each.key());
                }
            });
            return pending;
        }

        private History with(Entry entry, long producer) {
            List<Entry> longer = new ArrayList<>(log);
            Map<Long, Long> opened = new TreeMap<>(open);
            long transaction = producer == NO_PRODUCER ? NO_PRODUCER : opened.computeIfAbsent(producer, added -> begun);
            longer.add(new Entry(entry.key(), entry.value(), transaction));
            return new History(longer, ends, opened, begun + 1);
        }

        private History ending(long producer, boolean committed) {
            Map<Long, Long> left = new TreeMap<>(open);
            Map<Long, Boolean> ended = new TreeMap<>(ends);
            Long transaction = left.remove(producer);
            if (transaction != null) {
                ended.put(transaction, committed);
            }
            return new History(log, ended, left, begun);
        }

        /** What is over for good is needed no more. */
        private History forgotten() {
            List<Entry> left = new ArrayList<>();
            values().forEach((key, value) -> left.add(new Entry(key, value, NO_PRODUCER)));
            return new History(left, Map.of(), Map.of(), begun);
        }
    }

    @Test
    void whatCountsAndWhatIsPendingIsWhatTheLogSaysAlsoAfterStepsThatAreUndone() {
        History now = new History(List.of(), Map.of(), Map.of(), 0);
        Deque<History> before = new ArrayDeque<>();
        Deque<Runnable> undone = new ArrayDeque<>();
        for (int step = 0; step < STEPS; step++) {
            if (random.nextInt(4) == 0 && !undone.isEmpty()) {
                undone.pop().run();
                now = before.pop();
            } else {
                before.push(now);
                long producer = random.nextInt(PRODUCERS);
                Entry entry = new Entry("k" + random.nextInt(KEYS), random.nextInt(5) == 0 ? null : (long) step, NO_PRODUCER);
                int what = random.nextInt(10);
                if (what < 3) {
                    undone.push(changes.replay(entry.key(), entry.value()));
                    now = now.with(entry, NO_PRODUCER);
                } else if (what < 8) {
                    undone.push(changes.replay(producer, (short) 0, entry.key(), entry.value()));
                    now = now.with(entry, producer);
                } else {
                    undone.push(changes.end(producer, what == 8));
                    now = now.ending(producer, what == 8);
                }
            }
            assertThat(counters.values()).isEqualTo(now.values());
            assertThat(counters.pending()).isEqualTo(now.pending());
            if (now.open().isEmpty() && random.nextInt(10) == 0) {
                now = now.forgotten();
                before.clear();
                undone.clear();
                assertThat(changes.size()).as("what waits when all is ended").isZero();
            }
        }
    }
}
