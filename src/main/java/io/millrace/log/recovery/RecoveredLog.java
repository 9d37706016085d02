package io.millrace.log.recovery;

import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.Segment;
import java.util.List;

/**
 * A log as it was found on disk, verified and durable up to its end.
 *
 * @param cleanedOffset up to where it was compacted, at most its end
 */
public record RecoveredLog(List<Segment> segments, long logStartOffset, long logEndOffset, LeaderEpochCheckpoint epochs,
                           long cleanedOffset) {
}
