package io.millrace.log.compact;

import io.millrace.log.segment.SegmentBatches;
import io.millrace.log.segment.SegmentDamage;
import io.millrace.record.BatchFilter;
import io.millrace.record.BatchTooLargeException;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;

/**
 * Reads the dirty part of a log and learns the newest offset of each key, up to the part's end or until the map is full:
 * what comes behind waits for the next pass.
 */
final class KeyScan {
    private static final Logger LOG = System.getLogger(KeyScan.class.getName());

    private final OffsetMap offsets;
    private final AbortedScan aborted;
    private final CleaningPace pace;
    private final long from;
    private final long maxBatchBytes;
    private long end;
    private boolean full;

    /**
     * @param from          the first offset that is dirty
     * @param maxBatchBytes of the records of a batch that is looked at, after decompression
     */
    KeyScan(OffsetMap offsets, AbortedScan aborted, CleaningPace pace, long from, long maxBatchBytes) {
        this.offsets = offsets;
        this.aborted = aborted;
        this.pace = pace;
        this.from = from;
        this.maxBatchBytes = maxBatchBytes;
        this.end = from;
    }

    /** Exclusive: up to where all keys are in the map. */
    long end() {
        return end;
    }

    /**
     * @param segmentEnd exclusive bound of the segment's offsets
     * @return false when nothing behind is to be read, as the map is full
     */
    boolean read(SegmentBatches batches, long segmentEnd) throws IOException, SegmentDamage, InterruptedException {
        for (RecordBatch batch = batches.next(); batch != null; batch = batches.next()) {
            if (batch.lastOffset() < from) {
                continue;
            }
            if (!batch.isControl() && !aborted.isAborted(batch)) {
                visit(batch);
            }
            if (full) {
                return false;
            }
            end = batch.lastOffset() + 1;
            pace.passed(batch.sizeInBytes());
        }
        end = Math.max(end, segmentEnd);
        return true;
    }

    /** A batch that is too large stays, and replaces nothing. */
    private void visit(RecordBatch batch) {
        try {
            BatchFilter.visit(batch, this::note, maxBatchBytes);
        } catch (BatchTooLargeException tooLarge) {
            LOG.log(Level.DEBUG, "the batch at offset " + batch.baseOffset() + " is left as it is", tooLarge);
        }
    }

    private boolean note(long offset, ByteBuffer key, ByteBuffer value) {
        if (offset >= from && !full && key != null && !offsets.put(key, offset)) {
            full = true;
            end = offset;
        }
        return false;
    }
}
