package io.millrace.log.write;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogObserver;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * How much of a log is on the disk for certain: forces its segments and folder, where that was not done since they were
 * written, and moves its recovery point. The log writer's.
 */
final class LogForces {
    /** Linux writes dirty pages out after 30 s and looks every 5 s; twice that is long enough. */
    private static final long WRITTEN_BY_SYSTEM_AFTER_MS = 70_000;

    /** A segment that is not the active one any more, since a time in ms. */
    private record Sealed(Segment segment, long since) {
    }

    private final LogState state;
    private final LogProducers producers;
    private final Clock clock;
    private final LogObserver observer;
    /** Sealed segments whose bytes were not forced yet, ascending. */
    private final Deque<Sealed> unforced = new ArrayDeque<>();
    private long recoveryPoint;
    /** Whether the active segment holds bytes that were not forced. */
    private boolean dirty;
    private boolean folderChanged;

    LogForces(LogState state, LogProducers producers, Clock clock, LogObserver observer) {
        this.state = state;
        this.producers = producers;
        this.clock = clock;
        this.observer = observer;
        this.recoveryPoint = state.endOffset(); // what recovery found is durable
    }

    // ---- what there is to force

    /** The active segment was written to. */
    void wrote() {
        dirty = true;
    }

    /** The active segment is about to be followed by another. */
    void sealed(Segment segment) {
        unforced.add(new Sealed(segment, clock.millis()));
    }

    /** There is a new active segment, with nothing in it. */
    void begun() {
        dirty = false;
        folderChanged = true;
    }

    /** Files were renamed or removed in the folder. */
    void changedFolder() {
        folderChanged = true;
    }

    /** Nobody knows what of the active segment and the folder is durable. */
    void mistrust() {
        dirty = true;
        folderChanged = true;
    }

    /** A segment is not sealed any more, or is another one's now: it needs no force for that. */
    void forget(Segment segment) {
        unforced.removeIf(sealed -> sealed.segment() == segment);
    }

    /** Deletes a segment that is not the log's any more; readers in flight finish. */
    void remove(Segment segment) throws IOException {
        forget(segment);
        try {
            segment.closeForWriting();
            segment.deleteFiles();
        } finally {
            segment.release();
        }
    }

    /**
     * Deletes the newest segment that is not the log's any more, as {@link #remove}, and for certain: once what is before it
     * is cut, no power loss brings it back behind a hole.
     */
    void removeNewest(Segment segment) throws IOException {
        remove(segment);
        state.folder().force();
    }

    // ---- forces

    /**
     * Forces what comes before the active segment's bytes, where that was not done.
     *
     * @return the active segment, when {@link #end()} needs it to be forced first
     */
    Optional<Segment> begin() throws IOException {
        forceSealed();
        forceFolder();
        return dirty ? Optional.of(state.active()) : Optional.empty();
    }

    /** Everything that was written is durable. */
    void end() {
        dirty = false;
        state.noteDurable();
    }

    void forceAll() throws IOException {
        Optional<Segment> active = begin();
        if (active.isPresent()) {
            timedForce(active.get());
        }
        end();
    }

    void forceSealed() throws IOException {
        forceSealed(Long.MAX_VALUE);
    }

    private void forceSealed(long until) throws IOException {
        while (!unforced.isEmpty() && unforced.peek().since() <= until) {
            Segment segment = unforced.peek().segment();
            timedForce(segment);
            segment.forceIndexes();
            segment.closeForWriting();
            unforced.remove();
        }
    }

    void forceFolder() throws IOException {
        if (folderChanged) {
            state.folder().force();
            folderChanged = false;
        }
    }

    private void timedForce(Segment segment) throws IOException {
        long begin = System.nanoTime();
        segment.force();
        observer.forced(System.nanoTime() - begin);
    }

    // ---- the recovery point

    /**
     * Moves the recovery point up, so that less is verified after a crash: to the log's end, or with
     * {@link FlushPolicy#OS} past the segments that the operating system has had the time to write, as to force others
     * would hold up all appends of the directory.
     */
    void checkpoint() throws IOException {
        if (state.log().config().flush() != FlushPolicy.OS) {
            checkpointEnd();
        } else if (!unforced.isEmpty() && unforced.peek().since() <= clock.millis() - WRITTEN_BY_SYSTEM_AFTER_MS) {
            forceSealed(clock.millis() - WRITTEN_BY_SYSTEM_AFTER_MS);
            forceFolder();
            long base = unforced.isEmpty() ? state.active().baseOffset() : unforced.peek().segment().baseOffset();
            producers.secureAt(base);
            moveRecoveryPoint(base);
        }
    }

    /**
     * The active segment's indexes of offsets and times need no force: recovery takes what is there of them, and makes the
     * rest anew.
     */
    void checkpointEnd() throws IOException {
        if (recoveryPoint < state.endOffset()) {
            forceAll();
            state.active().flushIndexes();
            state.active().forceTransactionIndex();
            producers.secure();
            moveRecoveryPoint(state.endOffset());
        }
    }

    /** What comes before it needs no verification after a crash. */
    long recoveryPoint() {
        return recoveryPoint;
    }

    void moveRecoveryPoint(long offset) throws IOException {
        state.folder().recoveryPoint().write(offset);
        recoveryPoint = offset;
    }

    /** Nothing from the offset on is what was verified. */
    void lowerRecoveryPoint(long offset) throws IOException {
        if (recoveryPoint > offset) {
            moveRecoveryPoint(offset);
        }
    }
}
