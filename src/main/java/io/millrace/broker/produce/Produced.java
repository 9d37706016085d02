package io.millrace.broker.produce;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The outcome of a produce while it comes in. Each slot is set by one thread, the writer of its partition's directory
 * or the one that queued it, before it counts down; it is read after the last count.
 */
public final class Produced implements ProduceResult {
    private static final long NO_OFFSET = -1;
    private static final Set<ErrorKind> MAYBE_DONE = Set.of(ErrorKind.NOT_COMMITTED, ErrorKind.UNAVAILABLE,
            ErrorKind.LOG_DIRECTORY_OFFLINE);

    private final int[] slots;
    private final int[] positions;
    private final int[] partitions;
    private final int partitionCount;
    private final long[] baseOffsets;
    private final BrokerException[] errors;
    private final AtomicInteger outstanding;

    public Produced(RecordAccumulator records) {
        List<PartitionBatches> touched = records.touched();
        this.slots = records.slots();
        this.positions = records.positions();
        this.partitions = touched.stream().mapToInt(PartitionBatches::partition).toArray();
        this.partitionCount = records.partitionCount();
        this.baseOffsets = new long[touched.size()];
        this.errors = new BrokerException[touched.size()];
        this.outstanding = new AtomicInteger(touched.size());
        Arrays.fill(baseOffsets, NO_OFFSET);
    }

    /** @return true for the last slot */
    public boolean appended(int slot, long baseOffset) {
        baseOffsets[slot] = baseOffset;
        return outstanding.decrementAndGet() == 0;
    }

    /** @return true for the last slot */
    boolean failed(int slot, BrokerException error) {
        errors[slot] = error;
        return outstanding.decrementAndGet() == 0;
    }

    /**
     * Null unless every append failed. Then the first error that leaves open whether its records are there, which must not be
     * taken for "nothing was done" and sent again; else the first one.
     */
    BrokerException totalFailure() {
        BrokerException told = null;
        for (BrokerException error : errors) {
            if (error == null) {
                return null;
            } else if (told == null || MAYBE_DONE.contains(error.kind()) && !MAYBE_DONE.contains(told.kind())) {
                told = error;
            }
        }
        return told;
    }

    @Override
    public int recordCount() {
        return slots.length;
    }

    @Override
    public int partition(int record) {
        return isRefused(record) ? positions[record] : partitions[slots[record]];
    }

    @Override
    public long offset(int record) {
        long base = isRefused(record) ? NO_OFFSET : baseOffsets[slots[record]];
        return base == NO_OFFSET ? NO_OFFSET : base + positions[record];
    }

    /** Of one that went nowhere it is made up when it is asked for: there may be as many as records. */
    @Override
    public BrokerException error(int record) {
        return !isRefused(record) ? errors[slots[record]] : new BrokerException(ErrorKind.UNKNOWN_PARTITION,
                "there is no partition " + positions[record] + ": the topic has " + partitionCount + ", from 0");
    }

    private boolean isRefused(int record) {
        return slots[record] == RecordAccumulator.REFUSED;
    }
}
