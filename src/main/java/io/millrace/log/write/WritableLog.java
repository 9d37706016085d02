package io.millrace.log.write;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogObserver;
import io.millrace.log.ProducerLimits;
import io.millrace.log.Truncation;
import io.millrace.log.recovery.RecoveredLog;
import io.millrace.log.segment.DamageReports;
import io.millrace.log.segment.GatheringWriter;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.LogView;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentReplacement;
import io.millrace.log.segment.TailCut;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * The half of a log that changes: puts together what appends to it, cuts it and forces it. Only the directory's writer
 * thread is ever here (and before the log is handed out, the thread that opens it, and after that one's end the thread that
 * closes the directory). After an IOException it is unfit for use until {@link #settle()}.
 */
final class WritableLog {
    private final LogState state;
    private final LogProducers producers;
    private final LogForces forces;
    private final LogAppender appender;
    private final LogStart start;
    private final LogRetention retention;
    private final LogTruncation truncation;
    private final FullTruncation fullTruncation;
    private final SegmentExchange exchange;
    private final LogCompaction compaction;

    WritableLog(PartitionLog log, LogFolder folder, RecoveredLog recovered, ProducerLimits limits, Clock clock,
                LogObserver observer, DamageReports reports) {
        this.state = new LogState(log, folder, recovered, reports);
        this.producers = new LogProducers(state, recovered.snapshots(), limits, clock);
        this.forces = new LogForces(state, producers, clock, observer);
        SegmentAge ages = new SegmentAge(state, clock);
        this.appender = new LogAppender(state, forces, producers, ages, clock);
        this.start = new LogStart(state, forces, producers);
        this.retention = new LogRetention(state, start, appender, producers, ages, clock);
        this.compaction = new LogCompaction(state, forces, recovered.cleanedOffset());
        this.truncation = new LogTruncation(state, forces, producers, start, compaction, reports);
        this.fullTruncation = new FullTruncation(state, forces, producers, start, truncation, compaction, ages);
        this.exchange = new SegmentExchange(state, forces, producers, appender);
    }

    /** See {@link LogProducers#findTransactions}. */
    void findTransactions(long committed) throws IOException {
        producers.findTransactions(committed);
    }

    LeaderEpochCheckpoint epochs() {
        return state.epochs();
    }

    // ---- appends and forces

    /** See {@link LogAppender#write}. */
    void write(List<PendingAppend> appends, GatheringWriter gathering) throws IOException {
        state.unsettled();
        appender.write(appends, gathering);
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

    // ---- healing

    /** See {@link SegmentExchange#seal}. */
    SegmentExchange.SealedSegment seal(long offset) throws IOException {
        return exchange.seal(offset);
    }

    /** See {@link SegmentExchange#replace}. */
    void replace(SegmentExchange.SealedSegment sealed, SegmentReplacement replacement) throws IOException {
        exchange.replace(sealed, replacement);
    }

    // ---- compaction

    /** What is done of it by the log writer, and how far it has come. */
    LogCompaction compaction() {
        return compaction;
    }

    /** What the log knows of idempotent producers. */
    LogProducers producers() {
        return producers;
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
        appender.dropStaged();
        compaction.settle();
        LogView shown = state.log().lastView();
        Segment last = shown.segments().get(shown.segments().size() - 1);
        producers.settle(shown.logEndOffset(), forces.recoveryPoint());
        forces.lowerRecoveryPoint(shown.logEndOffset()); // first: what is behind it would be missed after a power loss
        while (state.active() != last) {
            forces.removeNewest(state.dropNewest());
        }
        forces.forget(last);
        state.folder().removeSegmentsOutside(state.segments().get(0).baseOffset(), last.baseOffset());
        state.folder().force();
        last.openForWriting();
        TailCut.before(shown.logEndOffset(), last, state.log().config().indexIntervalBytes());
        last.transactionIndex().truncateTo(shown.logEndOffset());
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
        producers.settled();
        start.settle();
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
        producers.close();
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
