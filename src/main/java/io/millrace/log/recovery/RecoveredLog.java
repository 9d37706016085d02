package io.millrace.log.recovery;

import io.millrace.log.producer.ProducerSnapshots;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.Segment;
import java.util.List;

/**
 * A log as it was found on disk, verified and durable up to its end.
 *
 * @param cleanedOffset up to where it was compacted, at most its end
 * @param producers     as they were known at its end
 * @param snapshots     of them, none behind its end
 */
public record RecoveredLog(List<Segment> segments, long logStartOffset, long logEndOffset, LeaderEpochCheckpoint epochs,
                           long cleanedOffset, ProducerStates producers, ProducerSnapshots snapshots) {
}
