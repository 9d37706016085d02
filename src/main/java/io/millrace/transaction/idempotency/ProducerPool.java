package io.millrace.transaction.idempotency;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * The producer ids of one partition. Each carries out one request at a time, and each request in an epoch of its own, so that
 * the logs of topics know as many producers as there are requests at a time, and not as many as there are keys. A plain part
 * of {@link IdempotencyMachine}.
 */
final class ProducerPool {
    /** Beyond so many they are given up once they are free. */
    private final int most;
    /** The last epoch that each has used. */
    private final Map<Long, Short> lastEpochs = new HashMap<>();
    /** By how many requests each is held. More than one only while records are read. */
    private final Map<Long, Integer> holders = new HashMap<>();
    /** Held by none, with epochs left. The lowest is used first, so that few are used. */
    private final TreeSet<Long> free = new TreeSet<>();

    /** @param most how many requests hold one at a time, at most: so many suffice */
    ProducerPool(int most) {
        this.most = most;
    }

    /** A producer in an epoch that was never used. */
    record Fresh(long id, short epoch) {
    }

    /** Null: there is none that is free. Changes nothing. */
    Fresh next() {
        return free.isEmpty() ? null : new Fresh(free.first(), (short) (lastEpochs.get(free.first()) + 1));
    }

    /** Whether a producer is to be given up once its request is carried out. */
    boolean isSpare(long id) {
        return lastEpochs.size() > most || lastEpochs.getOrDefault(id, Short.MAX_VALUE) == Short.MAX_VALUE;
    }

    /**
     * What its record says.
     *
     * @param epoch null: it is given up
     * @return what it said before, or null
     */
    Short setLastEpoch(long id, Short epoch) {
        Short before = epoch == null ? lastEpochs.remove(id) : lastEpochs.put(id, epoch);
        sort(id);
        return before;
    }

    /** A request is to be carried out in its name. */
    void hold(long id) {
        holders.merge(id, 1, Integer::sum);
        sort(id);
    }

    /** It is not any more. */
    void release(long id) {
        holders.computeIfPresent(id, (same, count) -> count == 1 ? null : count - 1);
        sort(id);
    }

    private void sort(long id) {
        Short epoch = lastEpochs.get(id);
        if (epoch != null && epoch < Short.MAX_VALUE && !holders.containsKey(id)) {
            free.add(id);
        } else {
            free.remove(id);
        }
    }

    /** How many there are. */
    int size() {
        return lastEpochs.size();
    }
}
