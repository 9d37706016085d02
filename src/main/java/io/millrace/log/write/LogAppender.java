package io.millrace.log.write;

import io.millrace.log.AppendResult;
import io.millrace.log.FencedLeaderEpochException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.InvalidProducerEpochException;
import io.millrace.log.InvalidTxnStateException;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.LogConfig;
import io.millrace.log.OutOfOrderSequenceException;
import io.millrace.log.TooManyProducersException;
import io.millrace.log.segment.GatheringWriter;
import io.millrace.log.segment.Segment;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.InvalidBatchException;
import io.millrace.record.RecordBatch;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Gives records their offsets and writes them at a log's end, and begins a new segment where the active one is full or old.
 * The log writer's.
 */
final class LogAppender {
    private final LogState state;
    private final LogForces forces;
    private final LogProducers producers;
    private final SegmentAge ages;
    private final Clock clock;
    /** Have their offsets, and are about to be written in one go. */
    private final List<RecordBatch> staged = new ArrayList<>();
    private long stagedBytes;

    LogAppender(LogState state, LogForces forces, LogProducers producers, SegmentAge ages, Clock clock) {
        this.state = state;
        this.forces = forces;
        this.producers = producers;
        this.ages = ages;
        this.clock = clock;
    }

    /**
     * Gives each append its offsets and writes all of them, or refuses it and goes on with the next; one that is there
     * already is not written again. Readers do not see them before they are published.
     */
    void write(List<PendingAppend> appends, GatheringWriter gathering) throws IOException {
        LogConfig config = state.log().config();
        for (PendingAppend append : appends) {
            RuntimeException refusal = refusal(append);
            if (refusal != null) {
                append.refuse(refusal);
            } else if (append.isReplicated() || !isSettled(append, config)) {
                stage(append, config, gathering);
            }
        }
        writeStaged(config, gathering);
    }

    /** Whether nothing is to be written of it: it was, and has the offsets that it got then, or it must not be. */
    private boolean isSettled(PendingAppend append, LogConfig config) {
        if (append.isOnlyIfNew()) {
            return isNeedless(append);
        }
        try {
            Optional<AppendResult> earlier = producers.repetition(append.batches(),
                config.timestampType() == TimestampType.LOG_APPEND_TIME);
            earlier.ifPresentOrElse(append::written, () -> producers.count(append.batches()));
            return earlier.isPresent();
        } catch (OutOfOrderSequenceException | InvalidProducerEpochException | InvalidTxnStateException
                 | TooManyProducersException refusal) {
            append.refuse(refusal);
            return true;
        }
    }

    /** Whether the marker was written before, say: whoever sends it again waits until all is committed that is there by now. */
    private boolean isNeedless(PendingAppend append) {
        boolean needless = producers.isNeedless(append.batches().get(0));
        if (needless) {
            long last = state.endOffset() - 1;
            append.written(new AppendResult(last, last, RecordBatch.NO_TIMESTAMP));
        }
        return needless;
    }

    private RuntimeException refusal(PendingAppend append) {
        if (state.isClosed()) {
            return state.closedException();
        }
        // The batches of another replica may be of older epochs than the leader that they came from.
        int newest = append.isReplicated() ? append.epochFloor()
            : Math.max(append.epochFloor(), state.epochs().latestEpoch());
        if (append.leaderEpoch() != LeaderEpochEnd.NO_EPOCH && append.leaderEpoch() < newest) {
            return new FencedLeaderEpochException(state.log().name(), append.leaderEpoch(), newest);
        }
        RuntimeException unreadable = unreadableMarker(append);
        return unreadable == null && append.isReplicated() ? gap(append) : unreadable;
    }

    /** Why nobody would know what a control batch ends, or null. */
    private static RuntimeException unreadableMarker(PendingAppend append) {
        try {
            append.batches().forEach(EndTransactionMarker::of);
            return null;
        } catch (InvalidBatchException unreadable) {
            return unreadable;
        }
    }

    /** Why batches of another replica do not follow what is here, or null. */
    private RuntimeException gap(PendingAppend append) {
        long expected = state.endOffset();
        append.goOnAt(expected);
        int epoch = state.epochs().latestEpoch();
        for (RecordBatch batch : append.batches()) {
            if (batch.baseOffset() != expected || batch.leaderEpoch() < epoch) {
                return new IllegalArgumentException("a batch at offset " + batch.baseOffset() + " of leader epoch "
                    + batch.leaderEpoch() + " does not follow offset " + (expected - 1) + " of epoch " + epoch + " in "
                    + state.log().name());
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
        producers.note(append.batches());
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
            || ages.ofActive(maxTimestamp, staged.isEmpty() ? null : staged.get(0)) > config.rollMillis();
    }

    private void writeStaged(LogConfig config, GatheringWriter gathering) throws IOException {
        if (!staged.isEmpty()) {
            int count = staged.size();
            state.active().append(staged, gathering, config.indexIntervalBytes());
            dropStaged();
            forces.wrote();
            producers.wrote(count);
        }
    }

    /** What was about to be written is not any more: it was written, or something went wrong. */
    void dropStaged() {
        staged.clear();
        stagedBytes = 0;
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
        producers.roll(config.flush());
        state.add(Segment.create(state.folder(), state.endOffset()));
        forces.begun();
        ages.begun();
        if (config.flush() != FlushPolicy.OS) {
            forces.forceFolder();
            forces.moveRecoveryPoint(state.endOffset());
        }
    }
}
