package io.millrace.log.write;

import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentReplacement;
import java.io.IOException;

/** Hands out a segment to be written anew, and puts what was written into its place. The log writer's. */
final class SegmentExchange {
    /**
     * A segment that nothing is appended to, as it was at one moment.
     *
     * @param endOffset   exclusive bound of its offsets
     * @param truncations how often the log had been changed before its end
     */
    record SealedSegment(LogFolder folder, Segment segment, long endOffset, int truncations) {
    }

    private final LogState state;
    private final LogForces forces;
    private final LogProducers producers;
    private final LogAppender appender;

    SegmentExchange(LogState state, LogForces forces, LogProducers producers, LogAppender appender) {
        this.state = state;
        this.forces = forces;
        this.producers = producers;
        this.appender = appender;
    }

    /** The segment that holds a committed offset; a new one is begun where it is the active one. */
    SealedSegment seal(long offset) throws IOException {
        state.ensureOpen();
        long mark = Math.min(state.log().highWatermark(), state.endOffset());
        if (offset < state.segments().get(0).baseOffset() || offset >= mark) {
            throw new OffsetOutOfRangeException(offset, state.segments().get(0).baseOffset(), mark);
        }
        int index = state.log().lastView().indexOf(offset);
        if (index == state.segments().size() - 1) {
            state.whole(() -> {
                appender.roll(state.log().config());
                state.show();
                return null;
            });
        }
        return new SealedSegment(state.folder(), state.segments().get(index), state.endOf(index), state.truncations());
    }

    /**
     * Puts a segment's replacement into its place.
     *
     * @throws IllegalStateException when the segment is not what it was any more
     */
    void replace(SealedSegment sealed, SegmentReplacement replacement) throws IOException {
        state.ensureOpen();
        Segment old = sealed.segment();
        int index = state.segments().indexOf(old);
        if (index < 0 || index == state.segments().size() - 1 || state.truncations() != sealed.truncations()) {
            throw new IllegalStateException("the log of " + state.log().name() + " was cut, or its segment "
                + old.baseOffset() + " deleted, while that was written anew: look again what is damaged");
        }
        state.whole(() -> {
            Segment segment = replacement.install();
            forces.forget(old);
            state.replace(index, segment, replacement.from(), replacement.to());
            old.closeForWriting();
            old.release();
            producers.healed(replacement.from(), replacement.to(), forces);
            return null;
        });
    }
}
