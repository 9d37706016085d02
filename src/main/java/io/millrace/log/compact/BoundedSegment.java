package io.millrace.log.compact;

import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentBatches;
import java.io.IOException;

/**
 * A segment that nothing is written to.
 *
 * @param endOffset exclusive bound of its offsets
 */
public record BoundedSegment(Segment segment, long endOffset) {
    SegmentBatches batches() throws IOException {
        return new SegmentBatches(segment, segment.sizeInBytes(), endOffset);
    }
}
