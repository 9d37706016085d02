package io.millrace.metadata.topics;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

/**
 * Deals the partitions of one topic, one after the other, to the requests that bring records without a key.
 * Thread-safe.
 */
public final class StickyRoundRobin {
    private final AtomicInteger next = new AtomicInteger();

    /** The next partition that can be written; simply the next one when none can, and the append then says why. */
    public int next(int partitions, IntPredicate writable) {
        int first = Math.floorMod(next.getAndIncrement(), partitions);
        for (int i = 0; i < partitions; i++) {
            int candidate = (first + i) % partitions;
            if (writable.test(candidate)) {
                return candidate;
            }
        }
        return first;
    }
}
