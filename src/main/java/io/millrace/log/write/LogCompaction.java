package io.millrace.log.write;

import io.millrace.log.compact.LogCleaning;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.util.List;

/**
 * Takes in the segments that a {@link CompactionPass} has written anew, and knows how far the log is cleaned. The log
 * writer's, but for what is said to be any thread's.
 */
final class LogCompaction {
    private final LogState state;
    private final LogForces forces;
    private volatile long cleaned;
    /** Counts on the disk, and is not among the log's segments yet; or null. */
    private volatile LogCleaning.Group committed;

    LogCompaction(LogState state, LogForces forces, long cleaned) {
        this.state = state;
        this.forces = forces;
        this.cleaned = cleaned;
    }

    /** Any thread: records below may have given way to newer ones of their keys, all of which are below too. */
    long cleanedOffset() {
        return cleaned;
    }

    /** Any thread. */
    LogFolder folder() {
        return state.folder();
    }

    /**
     * Puts segments that were written anew into the place of the old ones, which readers in flight keep.
     *
     * @param truncations how often the log had been changed before its end when they were read
     * @return how often it has been changed now
     * @throws IllegalStateException when the log is not what was read any more; nothing is changed then
     */
    int install(LogCleaning.Group group, int truncations) throws IOException {
        requireUnchanged(truncations);
        List<Segment> old = group.replaced();
        int index = state.segments().indexOf(old.get(0));
        int end = index + old.size();
        if (index < 0 || end >= state.segments().size() || !state.segments().subList(index, end).equals(old)) {
            throw changed();
        }
        return state.whole(() -> {
            group.rewrite().commit();
            committed = group;
            takeIn();
            return state.truncations();
        });
    }

    /** Ends what an error broke off after the new segment counted. */
    void settle() throws IOException {
        if (committed != null) {
            takeIn();
        }
    }

    private void takeIn() throws IOException {
        List<Segment> old = committed.replaced();
        forces.changedFolder();
        Segment segment = committed.rewrite().takePlace();
        state.replace(state.segments().indexOf(old.get(0)), old.size(), segment);
        committed = null;
        for (Segment each : old) {
            forces.forget(each);
            each.closeForWriting();
            state.log().release(each);
        }
        forces.forceFolder();
        state.folder().removeReplaced();
    }

    /** Any thread: whether files of segments that readers know are being replaced just now, so that who fails tries again. */
    boolean isReplacing() {
        return committed != null;
    }

    /** All records below an offset that have a newer one of their key below it are gone. */
    void cleanedTo(long offset, int truncations) throws IOException {
        requireUnchanged(truncations);
        if (offset > cleaned) {
            state.folder().cleanedOffset().write(offset);
            cleaned = offset;
        }
    }

    /**
     * All records are about to go, as some have given way to records that are to go: from now on a crash leaves a log that
     * is emptied when it is opened.
     */
    void beginAnew() throws IOException {
        state.folder().cleanedOffset().write(LogFolder.EMPTIED);
    }

    /** The log was cut off at an offset, or begins there. */
    void lowerTo(long offset) throws IOException {
        if (offset < cleaned) {
            state.folder().cleanedOffset().write(offset);
            cleaned = offset;
        }
    }

    private void requireUnchanged(int truncations) {
        state.ensureOpen();
        if (state.truncations() != truncations) {
            throw changed();
        }
    }

    private IllegalStateException changed() {
        return new IllegalStateException("the log of " + state.log().name() + " was cut, mended or shortened while it was"
            + " compacted: that begins anew");
    }
}
