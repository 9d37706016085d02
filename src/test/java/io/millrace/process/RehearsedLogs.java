package io.millrace.process;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Partitions, producers and a group's offsets as exactly once wants them, in memory, and with a bug on request: what a test of
 * servers is rehearsed on. Used under one lock.
 */
final class RehearsedLogs {
    /** What is wrong with it. */
    enum Bug {
        NONE, A_RECORD_IS_LOST_WITH_A_COMMIT, A_RETRY_IS_WRITTEN_AGAIN, RECORDS_CHANGE_PLACES, ABORTED_RECORDS_ARE_SHOWN,
        OFFSETS_ARE_COMMITTED_WITHOUT_RECORDS, OFFSETS_OF_COMMITS_ARE_LOST, EPOCHS_ARE_NOT_CHECKED
    }

    /** How a transaction stands. */
    enum State {
        OPEN, COMMITTED, ABORTED
    }

    /** One of a producer. Times are in ms. */
    static final class Transaction {
        private final long begunMs;
        private final Map<Integer, Long> offsets = new TreeMap<>();
        private final Set<String> partitions = new HashSet<>();
        private State state = State.OPEN;

        Transaction(long nowMs) {
            begunMs = nowMs;
        }
    }

    /** @param value null: a marker */
    record Entry(long offset, String value, Transaction of) { }

    /** Of a transactional id. */
    static final class Producer {
        private final long id;
        private int epoch;
        private int timeoutMs;
        private Transaction open;
        private State last;
        private final Map<String, Integer> sequences = new HashMap<>();

        Producer(long id) {
            this.id = id;
        }

        long id() {
            return id;
        }

        int epoch() {
            return epoch;
        }

        State last() {
            return last;
        }

        boolean isOpen() {
            return open != null;
        }
    }

    private final Bug bug;
    private final Map<String, List<Entry>> partitions = new HashMap<>();
    private final Map<String, Producer> producers = new TreeMap<>();
    private final Map<Integer, Long> committed = new TreeMap<>();
    /** How many transactions with offsets were committed: a bug shows in some of them. */
    private int transfers;

    RehearsedLogs(Bug bug) {
        this.bug = bug;
    }

    Map<String, Producer> producers() {
        return producers;
    }

    Map<Integer, Long> committed() {
        return committed;
    }

    Producer begin(String transactionalId, int timeoutMs) {
        Producer producer = producers.computeIfAbsent(transactionalId, id -> new Producer(producers.size()));
        if (producer.isOpen()) {
            end(producer, State.ABORTED);
        }
        producer.epoch++;
        producer.last = null;
        producer.timeoutMs = timeoutMs;
        return producer;
    }

    boolean mayWriteAgain() {
        return bug == Bug.A_RETRY_IS_WRITTEN_AGAIN;
    }

    /** Whether the epoch is that of the producer that goes on. */
    boolean isOf(Producer producer, int epoch) {
        return producer.epoch == epoch || bug == Bug.EPOCHS_ARE_NOT_CHECKED;
    }

    /** Whether a producer may write, and is in a transaction from now on. */
    boolean isOngoing(Producer producer, int epoch, long nowMs) {
        if (!isOf(producer, epoch)) {
            return false;
        }
        if (!producer.isOpen()) {
            producer.open = new Transaction(nowMs);
            producer.sequences.clear();
        }
        return true;
    }

    /** @param sequence of the first value; negative: it has none */
    void append(Producer producer, String partition, int sequence, List<String> values) {
        int expected = producer.sequences.getOrDefault(partition, 0);
        if (sequence >= 0 && sequence < expected && !mayWriteAgain()) {
            return;
        }
        List<Entry> entries = entries(partition);
        values.forEach(value -> entries.add(new Entry(entries.size(), value, producer.open)));
        producer.sequences.put(partition, Math.max(0, sequence) + values.size());
        producer.open.partitions.add(partition);
    }

    void addOffsets(Producer producer, Map<Integer, Long> next) {
        producer.open.offsets.putAll(next);
    }

    /** Its transaction, also an empty one; the producer goes on with the next epoch. */
    void end(Producer producer, State state) {
        Transaction open = producer.open;
        if (open != null) {
            transfers += state == State.COMMITTED && !open.offsets.isEmpty() ? 1 : 0;
            open.state = state == State.ABORTED && bug == Bug.ABORTED_RECORDS_ARE_SHOWN ? State.COMMITTED
                    : strikes(Bug.OFFSETS_ARE_COMMITTED_WITHOUT_RECORDS, open) ? State.ABORTED : state;
            if (state == State.COMMITTED && !strikes(Bug.OFFSETS_OF_COMMITS_ARE_LOST, open)) {
                committed.putAll(open.offsets);
            }
            open.partitions.forEach(partition -> mark(partition, open));
        }
        producer.open = null;
        producer.last = state;
        producer.epoch++;
    }

    private boolean strikes(Bug wanted, Transaction ended) {
        return bug == wanted && !ended.offsets.isEmpty() && transfers % 4 == 1;
    }

    private void mark(String partition, Transaction of) {
        List<Entry> entries = entries(partition);
        int last = entries.size() - 1;
        if (strikes(Bug.A_RECORD_IS_LOST_WITH_A_COMMIT, of)) {
            entries.set(last, new Entry(last, null, of));
        } else if (strikes(Bug.RECORDS_CHANGE_PLACES, of) && last > 0 && entries.get(last).of() == of && entries.get(last - 1).of() == of) {
            String value = entries.get(last).value();
            entries.set(last, new Entry(last, entries.get(last - 1).value(), of));
            entries.set(last - 1, new Entry(last - 1, value, of));
        }
        entries.add(new Entry(entries.size(), null, of));
    }

    void abortOverdue(long nowMs) {
        producers.values().stream().filter(each -> each.isOpen() && nowMs - each.open.begunMs > each.timeoutMs)
                .forEach(each -> end(each, State.ABORTED));
    }

    /** Whether an offset of the partition is in a transaction that is open. */
    boolean isPending(int partition) {
        return producers.values().stream().anyMatch(each -> each.isOpen() && each.open.offsets.containsKey(partition));
    }

    List<Entry> entries(String partition) {
        return partitions.computeIfAbsent(partition, name -> new ArrayList<>());
    }

    long lastStableOffset(String partition) {
        List<Entry> entries = entries(partition);
        return entries.stream().filter(each -> each.of().state == State.OPEN).mapToLong(Entry::offset).findFirst().orElse(entries.size());
    }

    /** Records of transactions that were committed, from an offset on. */
    List<Entry> committed(String partition, long from, int most) {
        long stable = lastStableOffset(partition);
        return entries(partition).stream().skip(from).takeWhile(each -> each.offset() < stable)
                .filter(each -> each.value() != null && each.of().state == State.COMMITTED).limit(most).toList();
    }
}
