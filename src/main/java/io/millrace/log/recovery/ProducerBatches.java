package io.millrace.log.recovery;

import io.millrace.log.producer.SequencedBatch;
import io.millrace.log.segment.BatchScan;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentWalk;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.util.List;

/**
 * Goes over the headers of a log for the batches that have a producer, and reads of these the transactional ones: damage to one
 * must not be taken for a marker, nor a marker be missed.
 */
final class ProducerBatches {
    /** Is told of batches, and of what is none, in the order of the offsets. */
    interface Visitor {
        void visit(SequencedBatch batch, Segment segment) throws IOException;

        /** From one offset to before another nobody can tell what was there. */
        void damaged(long from, long until);
    }

    private final List<Segment> segments;
    private final long logEnd;

    /**
     * @param segments all of the log, ascending
     * @param logEnd   offset behind its last record
     */
    ProducerBatches(List<Segment> segments, long logEnd) {
        this.segments = segments;
        this.logEnd = logEnd;
    }

    /** Those that lie between two offsets, from the lower one to before the other. */
    void visit(long from, long end, Visitor visitor) throws IOException {
        for (int i = 0; i < segments.size() && segments.get(i).baseOffset() < end; i++) {
            Segment segment = segments.get(i);
            long next = i == segments.size() - 1 ? logEnd : segments.get(i + 1).baseOffset();
            if (next <= from) {
                continue;
            }
            visit(segment, Math.max(from, segment.baseOffset()), Math.min(end, next), next, visitor);
        }
    }

    private static void visit(Segment segment, long from, long end, long segmentEnd, Visitor visitor) throws IOException {
        long expected = from;
        SegmentWalk walk = SegmentWalk.towards(from, segment, segment.sizeInBytes(), segmentEnd);
        while (expected < end && walk.next()) {
            BatchScan batch = walk.batch();
            if (batch.baseOffset() > expected) {
                visitor.damaged(expected, Math.min(end, batch.baseOffset()));
                expected = batch.baseOffset();
            }
            if (batch.lastOffset() >= end) {
                return;
            } else if (batch.baseOffset() >= from) {
                visit(batch, segment, visitor);
            }
            expected = Math.max(expected, batch.lastOffset() + 1);
        }
        if (expected < end) {
            visitor.damaged(expected, end);
        }
    }

    private static void visit(BatchScan batch, Segment segment, Visitor visitor) throws IOException {
        if ((batch.isControl() || batch.isTransactional()) && !batch.isIntact()) {
            visitor.damaged(batch.baseOffset(), batch.lastOffset() + 1);
        } else if (batch.producerId() != RecordBatch.NO_PRODUCER_ID) {
            visitor.visit(SequencedBatch.of(batch), segment);
        }
    }
}
