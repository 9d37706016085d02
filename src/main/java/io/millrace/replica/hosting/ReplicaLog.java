package io.millrace.replica.hosting;

import io.millrace.log.AppendResult;
import io.millrace.log.DamagedRange;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.LogConfig;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.Truncation;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.IntConsumer;

/**
 * What a partition needs of its log, so that a simulation can stand in for the disk. Changes are carried out in the
 * order of the calls.
 */
public interface ReplicaLog {
    long startOffset();

    /** What is written, and can be read: see {@link io.millrace.log.write.PartitionLog#logEndOffset}. */
    long endOffset();

    /** See {@link io.millrace.log.write.PartitionLog#durableEndOffset}. */
    long durableEndOffset();

    /** See {@link io.millrace.log.write.PartitionLog#onWritten}. */
    void onWritten(Runnable listener);

    /** Leader epoch of the last record, or -1. */
    int lastEpoch();

    /** See {@link io.millrace.log.write.PartitionLog#endOffsetOf}. */
    LeaderEpochEnd endOffsetOf(int epoch);

    /** As the leader of an epoch: the log gives the offsets. */
    CompletableFuture<AppendResult> append(List<ByteBuffer> batches, int leaderEpoch);

    /** As a follower: the batches bring their offsets; the epoch is that of the leader that they were fetched from. */
    CompletableFuture<AppendResult> appendReplicated(ByteBuffer batches, int leaderEpoch);

    /** See {@link io.millrace.log.write.PartitionLog#raiseEpochFloor}. */
    void raiseEpochFloor(int epoch);

    /** See {@link io.millrace.log.write.PartitionLog#highWatermark}. */
    long highWatermark();

    /** See {@link io.millrace.log.write.PartitionLog#raiseHighWatermark}. */
    void raiseHighWatermark(long offset);

    /** See {@link io.millrace.log.write.PartitionLog#mayHaveLost}. */
    boolean mayHaveLost();

    /** See {@link io.millrace.log.write.PartitionLog#settleLoss}. */
    void settleLoss();

    /** See {@link io.millrace.log.write.PartitionLog#leaveRetentionToLeader}. */
    void leaveRetentionToLeader(boolean left);

    /** See {@link io.millrace.log.write.LogDirectory#truncateTo(io.millrace.log.write.PartitionLog, long, Truncation)}. */
    CompletableFuture<Long> truncateTo(long offset, Truncation truncation);

    /** See {@link io.millrace.log.write.LogDirectory#beginAnew}. */
    CompletableFuture<Long> beginAnew(long offset, Truncation truncation);

    /** See {@link io.millrace.log.write.LogDirectory#advanceLogStart}. */
    CompletableFuture<Long> advanceLogStart(long offset);

    CompletableFuture<Long> deleteRecordsBefore(long offset);

    /** See {@link io.millrace.log.write.PartitionLog#read(long, long, int, IntConsumer)}. */
    ByteBuffer read(long offset, long maxOffset, int maxBytes, IntConsumer beforeAllocation);

    /** See {@link io.millrace.log.write.PartitionLog#damagedRange}. */
    Optional<DamagedRange> damagedRange(long offset);

    /** See {@link io.millrace.log.write.LogDirectory#replaceRange}. */
    CompletableFuture<Long> replaceRange(ByteBuffer batches, Executor executor);

    Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp);

    /** Whether its disk works. */
    boolean isOnline();

    long sizeInBytes();

    int segmentCount();

    void reconfigure(LogConfig config);

    /** Closes the log and gives its folder a name that is no log's; completes with its new path. */
    CompletableFuture<Path> setAside();

    /** Drops the log and its files. */
    CompletableFuture<Void> delete();
}
