package io.millrace.log.write;

import io.millrace.log.AppendResult;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.record.EmptyBatch;
import io.millrace.record.RecordBatch;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * An append that waits in the queue; its outcome is set by the log writer, and then told. A leader's batches get their
 * offsets from the log, a follower's bring them.
 */
final class PendingAppend implements WriteTask {
    private enum Kind {
        LEADERS, MARKER, REPLICATED
    }

    private final PartitionLog log;
    private final List<RecordBatch> batches;
    private final int leaderEpoch;
    private final Kind kind;
    private final long bytes;
    private final CompletableFuture<AppendResult> future = new CompletableFuture<>();
    private int epochFloor = LeaderEpochEnd.NO_EPOCH;
    private AppendResult result;
    private RuntimeException refusal;

    /** Of the leader of an epoch, or of no epoch: -1. */
    PendingAppend(PartitionLog log, List<RecordBatch> batches, int leaderEpoch, long bytes) {
        this(log, batches, leaderEpoch, bytes, Kind.LEADERS);
    }

    private PendingAppend(PartitionLog log, List<RecordBatch> batches, int leaderEpoch, long bytes, Kind kind) {
        this.kind = kind;
        this.log = log;
        this.batches = batches;
        this.leaderEpoch = leaderEpoch;
        this.bytes = bytes;
    }

    /**
     * Batches of another replica's log, with the offsets and leader epochs that they have there.
     *
     * @param leaderEpoch of the leader that they were fetched from
     */
    static PendingAppend replicated(PartitionLog log, List<RecordBatch> batches, int leaderEpoch, long bytes) {
        return new PendingAppend(log, batches, leaderEpoch, bytes, Kind.REPLICATED);
    }

    /** A leader's marker, which is written once only. */
    static PendingAppend marker(PartitionLog log, List<RecordBatch> marker, int leaderEpoch, long bytes) {
        return new PendingAppend(log, marker, leaderEpoch, bytes, Kind.MARKER);
    }

    boolean isReplicated() {
        return kind == Kind.REPLICATED;
    }

    /** Whether nothing is to be written where its producer is known with its epoch, or a later one. */
    boolean isOnlyIfNew() {
        return kind == Kind.MARKER;
    }

    PartitionLog log() {
        return log;
    }

    List<RecordBatch> batches() {
        return batches;
    }

    /**
     * Another replica's batches go on at an offset: of an empty one that begins before, because compaction has put several
     * together there that are here already, the rest is taken.
     */
    void goOnAt(long offset) {
        RecordBatch first = batches.get(0);
        if (first.recordCount() == 0 && first.baseOffset() < offset && first.lastOffset() >= offset) {
            batches.set(0, EmptyBatch.within(first, offset, Long.MAX_VALUE));
        }
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    long bytes() {
        return bytes;
    }

    CompletableFuture<AppendResult> future() {
        return future;
    }

    /** It takes its place in the queue now: an epoch floor that is raised later does not hold for it. */
    void queued() {
        epochFloor = log.epochFloor();
    }

    /** Lowest leader epoch that may append, as it was when this was queued. */
    int epochFloor() {
        return epochFloor;
    }

    void written(AppendResult outcome) {
        this.result = outcome;
    }

    /** Nothing of it was written, and the log is as it was. */
    void refuse(RuntimeException reason) {
        this.refusal = reason;
    }

    /** Tells the outcome to whoever waits for it. */
    void complete() {
        if (refusal == null) {
            future.complete(result);
        } else {
            future.completeExceptionally(refusal);
        }
    }

    @Override
    public boolean isTold() {
        return future.isDone();
    }

    @Override
    public void fail(RuntimeException reason) {
        future.completeExceptionally(reason);
    }
}
