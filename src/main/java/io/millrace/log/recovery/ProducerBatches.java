package io.millrace.log.recovery;

import io.millrace.log.producer.SequencedBatch;
import io.millrace.log.segment.BatchScan;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentWalk;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.util.List;

/** Goes over the headers of a log for the batches that have a producer, and reads of these the markers. */
final class ProducerBatches {
    /** Is told of batches in the order of their offsets. */
    @FunctionalInterface
    interface Visitor {
        void visit(SequencedBatch batch, Segment segment) throws IOException;
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
            SegmentWalk walk = SegmentWalk.towards(from, segment, segment.sizeInBytes(), next);
            while (walk.next() && walk.batch().lastOffset() < end) {
                BatchScan batch = walk.batch();
                if (batch.baseOffset() >= from && batch.producerId() != RecordBatch.NO_PRODUCER_ID) {
                    visitor.visit(SequencedBatch.of(batch), segment);
                }
            }
        }
    }
}
