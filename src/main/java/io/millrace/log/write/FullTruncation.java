package io.millrace.log.write;

import io.millrace.log.CommittedRecordsException;
import io.millrace.log.Truncation;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentReplacement;
import java.io.IOException;

/**
 * Drops all records of a log, which then begins anew at another offset: behind its end, or before its start. The log
 * writer's.
 */
final class FullTruncation {
    private final LogState state;
    private final LogForces forces;
    private final LogProducers producers;
    private final LogStart start;
    private final LogTruncation truncation;
    private final LogCompaction compaction;
    private final SegmentAge ages;

    FullTruncation(LogState state, LogForces forces, LogProducers producers, LogStart start, LogTruncation truncation,
                   LogCompaction compaction, SegmentAge ages) {
        this.state = state;
        this.forces = forces;
        this.producers = producers;
        this.start = start;
        this.truncation = truncation;
        this.compaction = compaction;
        this.ages = ages;
    }

    /**
     * Drops everything and begins at an offset, which may be before the start: what the leader's log begins with.
     *
     * @return the new log start offset
     * @throws CommittedRecordsException when a clean one would take committed records
     */
    long beginAnew(long offset, Truncation kind) throws IOException {
        state.ensureOpen();
        if (offset > state.endOffset()) {
            return state.whole(() -> beginAt(offset));
        }
        truncation.lowerWatermark(offset, kind);
        return state.whole(() -> beginBack(offset));
    }

    /**
     * Drops everything and begins at an offset beyond the end, as a part of a whole operation; returns the offset. The
     * start offset is made durable first: whatever a crash leaves before it is removed by recovery.
     */
    long beginAt(long offset) throws IOException {
        truncation.cutAt(state.startOffset());
        producers.forgetAll();
        Segment old = state.active();
        start.note(offset);
        Segment first = Segment.create(state.folder(), offset);
        beginWith(first, offset);
        forces.remove(old);
        state.epochs().truncateFromEnd(0);
        state.epochs().save();
        forces.forceFolder();
        forces.moveRecoveryPoint(offset);
        return state.startOffset();
    }

    /**
     * The old segment goes first, as a crash that left both would leave a gap between them; but not before there is space
     * for the new one.
     */
    private long beginBack(long offset) throws IOException {
        truncation.cutAt(state.startOffset());
        producers.forgetAll();
        SegmentReplacement replacement = SegmentReplacement.empty(state.folder(), offset);
        forces.moveRecoveryPoint(Math.min(forces.recoveryPoint(), offset));
        start.note(offset);
        forces.removeNewest(state.active());
        Segment first = replacement.install();
        compaction.lowerTo(offset); // what is fetched from there on was not looked at
        first.openForWriting();
        beginWith(first, offset);
        state.epochs().truncateFromEnd(0);
        state.epochs().save();
        forces.forceFolder();
        return state.startOffset();
    }

    private void beginWith(Segment first, long offset) {
        ages.begun();
        forces.begun();
        state.beginWith(first, offset);
    }
}
