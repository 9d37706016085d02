package io.millrace.log.write;

import io.millrace.log.AppendResult;
import io.millrace.log.FencedLeaderEpochException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.Truncation;
import io.millrace.log.recovery.RecoveredLog;
import io.millrace.log.segment.GatheringWriter;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.LogView;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.TailCut;
import io.millrace.record.RecordBatch;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.lang.System.Logger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The half of a log that changes: append, roll, retention, truncation. Only the directory's writer thread is ever here
 * (and before the log is handed out, the thread that opens it). After an IOException it is unfit for use until
 * {@link #settle()}.
 */
final class LogAppender {
    private static final Logger LOG = System.getLogger(LogAppender.class.getName());
    private final LogState state;
    private final LogForces forces;
    private final SegmentAge ages;
    private final LogStart start;
    private final LogRetention retention;
    private final LogTruncation truncation;
    private final FullTruncation fullTruncation;
    private final SegmentExchange exchange;

    private final PartitionLog log;
    private final Clock clock;
    private final List<RecordBatch> staged = new ArrayList<>();
    private long stagedBytes;
    LogAppender(PartitionLog log, LogFolder folder, RecoveredLog recovered, Clock clock, LogObserver observer) {
        this.state = new LogState(log, folder, recovered);
        this.log = log;
        this.clock = clock;
        this.forces = new LogForces(state, clock, observer);
        this.ages = new SegmentAge(state, clock);
        this.start = new LogStart(state, forces);
        this.retention = new LogRetention(state, start, this, ages, clock);
        this.truncation = new LogTruncation(state, forces, start);
        this.fullTruncation = new FullTruncation(state, forces, start, truncation, ages);
        this.exchange = new SegmentExchange(state, forces, this);
    }

    LeaderEpochCheckpoint epochs() {
        return state.epochs();
    }

    // ---- appends

    /**
     * Gives each append its offsets and writes all of them, or refuses it and goes on with the next. Readers do not see
     * them before {@link #publish}.
     */
    void write(List<PendingAppend> appends, GatheringWriter gathering) throws IOException {
        state.unsettled();
        LogConfig config = log.config();
        for (PendingAppend append : appends) {
            RuntimeException refusal = refusal(append);
            if (refusal == null) {
                stage(append, config, gathering);
            } else {
                append.refuse(refusal);
            }
        }
        writeStaged(config, gathering);
    }

    private RuntimeException refusal(PendingAppend append) {
        if (state.isClosed()) {
            return state.closedException();
        }
        // The batches of another replica may be of older epochs than the leader that they came from.
        int newest = append.isReplicated() ? append.epochFloor()
            : Math.max(append.epochFloor(), state.epochs().latestEpoch());
        if (append.leaderEpoch() != LeaderEpochEnd.NO_EPOCH && append.leaderEpoch() < newest) {
            return new FencedLeaderEpochException(log.name(), append.leaderEpoch(), newest);
        }
        return append.isReplicated() ? gap(append) : null;
    }

    /** Why batches of another replica do not follow what is here, or null. */
    private RuntimeException gap(PendingAppend append) {
        long expected = state.endOffset();
        int epoch = state.epochs().latestEpoch();
        for (RecordBatch batch : append.batches()) {
            if (batch.baseOffset() != expected || batch.leaderEpoch() < epoch) {
                return new IllegalArgumentException("a batch at offset " + batch.baseOffset() + " of leader epoch "
                    + batch.leaderEpoch() + " does not follow offset " + (expected - 1) + " of epoch " + epoch + " in "
                    + log.name());
            }
            expected = batch.lastOffset() + 1;
            epoch = batch.leaderEpoch();
        }
        return null;
    }

    private void stage(PendingAppend append, LogConfig config, GatheringWriter gathering) throws IOException {
        long now = clock.millis();
        long maxTimestamp = RecordBatch.NO_TIMESTAMP;
        long offset = state.endOffset();
        boolean stamped = config.timestampType() == TimestampType.LOG_APPEND_TIME && !append.isReplicated();
        for (RecordBatch batch : append.batches()) {
            if (!append.isReplicated()) {
                batch.assign(offset, append.leaderEpoch());
            }
            if (stamped) {
                batch.setLogAppendTime(now);
            }
            maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
            offset = batch.lastOffset() + 1;
        }
        if (mustRoll(append.bytes(), maxTimestamp, offset - 1, config)) {
            writeStaged(config, gathering);
            roll(config);
        }
        for (RecordBatch batch : append.batches()) {
            state.epochs().assign(batch.leaderEpoch(), batch.baseOffset());
        }
        state.epochs().save();
        append.written(new AppendResult(state.endOffset(), offset - 1, stamped ? now : RecordBatch.NO_TIMESTAMP));
        staged.addAll(append.batches());
        stagedBytes += append.bytes();
        state.endAt(offset);
    }

    private boolean mustRoll(long bytes, long maxTimestamp, long lastOffset, LogConfig config) throws IOException {
        long size = state.active().sizeInBytes() + stagedBytes;
        if (size == 0) {
            return false;
        }
        return size + bytes > config.segmentBytes() || state.active().cannotIndex(lastOffset)
            || ages.ofActive(maxTimestamp, staged.isEmpty() ? null : staged.get(0)) > config.segmentMillis();
    }

    private void writeStaged(LogConfig config, GatheringWriter gathering) throws IOException {
        if (!staged.isEmpty()) {
            state.active().append(staged, gathering, config.indexIntervalBytes());
            staged.clear();
            stagedBytes = 0;
            forces.wrote();
        }
    }

    /**
     * Begins a new segment. Only with a flush policy that forces is the old one forced here; the writer shall not wait.
     */
    void roll(LogConfig config) throws IOException {
        state.active().flushIndexes();
        forces.sealed(state.active());
        if (config.flush() != FlushPolicy.OS) {
            forces.forceSealed();
        }
        state.add(Segment.create(state.folder(), state.endOffset()));
        forces.begun();
        ages.begun();
        if (config.flush() != FlushPolicy.OS) {
            forces.forceFolder();
            forces.moveRecoveryPoint(state.endOffset());
        }
    }

    /**
     * Lets readers see what has been written, which stays. With {@link FlushPolicy#COMMIT} what was begun is done, and
     * durable, after {@link #endForce()}, else now.
     */
    void publish(FlushPolicy policy) {
        if (policy == FlushPolicy.COMMIT) {
            state.unsettled();
        } else {
            state.noteDurable();
            state.settled();
        }
        state.show();
    }

    // ---- durability

    /**
     * Forces what comes before the active segment's bytes, where that was not done.
     *
     * @return the active segment, when {@link #endForce()} needs it to be forced first
     */
    Optional<Segment> beginForce() throws IOException {
        if (state.isClosed()) {
            return Optional.empty();
        }
        state.unsettled();
        return forces.begin();
    }

    /** Everything that was written is durable: lets others see that. */
    void endForce() {
        forces.end();
        state.show();
        state.settled();
    }

    /** Moves the recovery point up, so that less is verified after a crash. */
    void checkpoint() throws IOException {
        if (!state.isClosed()) {
            state.whole(() -> {
                forces.checkpoint();
                return null;
            });
        }
    }

    // ---- the log's start

    /** Deletes what is too old or too much, and rolls a segment that is old enough. */
    void applyRetention() throws IOException {
        if (!state.isClosed()) {
            state.whole(() -> {
                retention.apply();
                return null;
            });
        }
    }

    /** See {@link LogStart#deleteRecordsBefore}. */
    long deleteRecordsBefore(long offset) throws IOException {
        return start.deleteRecordsBefore(offset);
    }

    /**
     * Takes another replica's start over, which is committed wherever it is: beyond the end, the log begins anew there.
     *
     * @return the new log start offset, which is never lower than before
     */
    long advanceStart(long offset) throws IOException {
        state.ensureOpen();
        if (offset <= state.startOffset()) {
            return state.startOffset();
        }
        return state.whole(() -> offset <= state.endOffset() ? start.moveTo(offset) : fullTruncation.beginAt(offset));
    }

    // ---- the log's end

    /** See {@link LogTruncation#truncateTo}. */
    long truncateTo(long offset, Truncation kind) throws IOException {
        return truncation.truncateTo(offset, kind);
    }

    /** See {@link FullTruncation#beginAnew}. */
    long beginAnew(long offset, Truncation kind) throws IOException {
        return fullTruncation.beginAnew(offset, kind);
    }

    /** Hands out a segment to be written anew, and takes what was written. */
    SegmentExchange exchange() {
        return exchange;
    }

    // ---- after an error that passed

    /**
     * Back to what readers were shown last: what was written behind it was never acknowledged, and goes. What they were
     * shown stays, as other replicas may have it by now. Durable when it returns; when it throws, it can be called again.
     */
    void settle() throws IOException {
        if (state.isSettled() || state.isClosed()) {
            return;
        }
        staged.clear();
        stagedBytes = 0;
        LogView shown = log.lastView();
        Segment last = shown.segments().get(shown.segments().size() - 1);
        while (state.active() != last) {
            forces.remove(state.dropNewest());
        }
        forces.forget(last);
        state.folder().removeSegmentsOutside(state.segments().get(0).baseOffset(), last.baseOffset());
        last.openForWriting();
        TailCut.before(shown.logEndOffset(), last, log.config().indexIntervalBytes());
        state.endAt(shown.logEndOffset());
        if (shown.durableEndOffset() < state.endOffset()) {
            // The force that failed may have dropped it: one that succeeds after it would tell nothing.
            last.writeAgain(state.durableBytes(), shown.activeBytes());
        }
        last.truncate(shown.activeBytes());
        state.epochs().truncateFromEnd(state.endOffset());
        state.epochs().save();
        forces.mistrust();
        forces.forceAll();
        start.settle();
        forces.lowerRecoveryPoint(state.endOffset());
        state.show();
        state.settled();
    }

    // ---- the end

    /** Makes everything durable, so that the next start need not verify it, and closes the files. */
    void close() throws IOException {
        if (state.isClosed()) {
            return;
        }
        try {
            forces.checkpointEnd();
        } finally {
            abandon();
        }
    }

    /** Closes the files as they are. */
    void abandon() throws IOException {
        if (state.isClosed()) {
            return;
        }
        state.close();
        IOException failure = null;
        for (Segment segment : state.segments()) {
            segment.closeForWriting();
            try {
                segment.release();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
