package io.millrace.log.write;

import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.util.List;

/**
 * The log's start: moves it up over records that nobody needs any more, and deletes the segments before it. The log
 * writer's.
 */
final class LogStart {
    private final LogState state;
    private final LogForces forces;
    private final LogProducers producers;
    /** What the checkpoint of the start may say. */
    private long noted;

    LogStart(LogState state, LogForces forces, LogProducers producers) {
        this.state = state;
        this.forces = forces;
        this.producers = producers;
    }

    /**
     * @return the new log start offset, which is never lower than before
     * @throws OffsetOutOfRangeException when the offset is above the high watermark
     */
    long deleteRecordsBefore(long offset) throws IOException {
        state.ensureOpen();
        long mark = Math.min(state.log().highWatermark(), state.endOffset());
        if (offset > mark || offset < 0) {
            throw new OffsetOutOfRangeException(offset, state.startOffset(), mark);
        }
        return offset <= state.startOffset() ? state.startOffset() : state.whole(() -> moveTo(offset));
    }

    /** Moves the start up to an offset within the log, as a part of a whole operation; returns it. */
    long moveTo(long offset) throws IOException {
        List<Segment> segments = state.segments();
        int before = 0;
        while (before < segments.size() - 1 && segments.get(before + 1).baseOffset() <= offset) {
            before++;
        }
        // First what frees space: the checkpoint takes some.
        deleteOldest(before);
        if (offset > forces.recoveryPoint()) {
            forces.forceAll(); // A start beyond the end could not be told from a damaged file after a crash.
        }
        note(offset);
        state.startAt(offset);
        state.show();
        return offset;
    }

    /** Deletes the oldest segments, as a part of a whole operation, and moves the start up with them. */
    void deleteOldest(int count) throws IOException {
        if (count == 0) {
            return;
        }
        producers.secureAt(state.segments().get(count).baseOffset());
        for (Segment segment : state.dropOldest(count)) {
            forces.remove(segment);
        }
        producers.prune();
        state.epochs().truncateFromStart(state.startOffset());
        state.epochs().save();
    }

    /** Makes the disk say where the log starts, or is about to. */
    void note(long offset) throws IOException {
        noted = offset; // First: it may be in the file although this throws.
        state.folder().logStartOffset().write(offset);
    }

    /** The log is about to be cut at an offset, and starts there at the latest. */
    void lowerTo(long offset) throws IOException {
        if (state.startOffset() > offset) {
            note(offset);
            state.startAt(offset);
        }
    }

    /** The disk must not say more than readers were shown. */
    void settle() throws IOException {
        if (noted > state.startOffset()) {
            note(state.startOffset());
        }
    }
}
