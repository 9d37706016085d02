package io.millrace.log.segment;

import io.millrace.log.LeaderEpochEnd;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Which leader epoch began at which offset, as it was at one moment.
 *
 * @param entries ascending, both in epoch and in offset
 */
public record LeaderEpochs(List<LeaderEpochCheckpoint.Entry> entries) {
    static final LeaderEpochs NONE = new LeaderEpochs(List.of());

    public LeaderEpochs {
        entries = List.copyOf(entries);
    }

    /**
     * Writes the epoch in force into each batch that has another one: the field is not under the checksum, and a single
     * wrong one would part replicas whose records are the same.
     *
     * @param batches   whole batches in order, position to limit; the buffer's bytes are the caller's own
     * @param corrected is told the base offset of each batch that was wrong
     */
    public void correct(ByteBuffer batches, LongConsumer corrected) {
        int next = 0;
        int index = batches.position();
        while (index < batches.limit()) {
            long offset = RecordBatch.baseOffsetAt(batches, index);
            while (next < entries.size() && entries.get(next).startOffset() <= offset) {
                next++;
            }
            int found = RecordBatch.leaderEpochAt(batches, index);
            if (next > 0 && found != LeaderEpochEnd.NO_EPOCH && found != entries.get(next - 1).epoch()) {
                RecordBatch.setLeaderEpochAt(batches, index, entries.get(next - 1).epoch());
                corrected.accept(offset);
            }
            index += RecordBatch.sizeInBytesAt(batches, index);
        }
    }

    /** The epoch in force at an offset, or -1. */
    public int at(long offset) {
        int found = LeaderEpochEnd.NO_EPOCH;
        for (LeaderEpochCheckpoint.Entry entry : entries) {
            found = entry.startOffset() <= offset ? entry.epoch() : found;
        }
        return found;
    }

    /**
     * The newest epoch with records that is not newer than the given one, and the offset after its last record; epoch -1
     * and the log start offset when there is none.
     *
     * @param logEndOffset an epoch that begins there, or behind it, has no records yet
     */
    public LeaderEpochEnd endOf(int epoch, long logStartOffset, long logEndOffset) {
        long end = logEndOffset;
        int found = LeaderEpochEnd.NO_EPOCH;
        for (LeaderEpochCheckpoint.Entry entry : entries) {
            if (entry.startOffset() >= logEndOffset) {
                break;
            }
            if (entry.epoch() > epoch) {
                end = entry.startOffset();
                break;
            }
            found = entry.epoch();
        }
        return new LeaderEpochEnd(found, found == LeaderEpochEnd.NO_EPOCH ? logStartOffset : end);
    }
}
