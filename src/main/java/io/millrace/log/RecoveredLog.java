package io.millrace.log;

import java.util.List;

/** A log as it was found on disk, verified and durable up to its end. */
record RecoveredLog(List<Segment> segments, long logStartOffset, long logEndOffset, LeaderEpochCheckpoint epochs) {
}
