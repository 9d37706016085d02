package io.millrace.replica.hosting;

import io.millrace.log.AppendResult;
import io.millrace.log.DamagedRange;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.LogConfig;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.Truncation;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.IntConsumer;

/** A partition's log in one of this server's log directories. */
record DirectoryLog(PartitionLog log) implements ReplicaLog {
    private LogDirectory directory() {
        return log.directory();
    }

    @Override
    public long startOffset() {
        return log.logStartOffset();
    }

    @Override
    public long endOffset() {
        return log.logEndOffset();
    }

    @Override
    public long durableEndOffset() {
        return log.durableEndOffset();
    }

    @Override
    public void onWritten(Runnable listener) {
        log.onWritten(listener);
    }

    @Override
    public int lastEpoch() {
        return log.epochOfLastRecord();
    }

    @Override
    public LeaderEpochEnd endOffsetOf(int epoch) {
        return log.endOffsetOf(epoch);
    }

    @Override
    public CompletableFuture<AppendResult> append(List<ByteBuffer> batches, int leaderEpoch) {
        return directory().append(log, batches, leaderEpoch);
    }

    @Override
    public CompletableFuture<AppendResult> appendReplicated(ByteBuffer batches, int leaderEpoch) {
        return directory().appendReplicated(log, batches, leaderEpoch);
    }

    @Override
    public void raiseEpochFloor(int epoch) {
        log.raiseEpochFloor(epoch);
    }

    @Override
    public long highWatermark() {
        return log.highWatermark();
    }

    @Override
    public void raiseHighWatermark(long offset) {
        log.raiseHighWatermark(offset);
    }

    @Override
    public boolean mayHaveLost() {
        return log.mayHaveLost();
    }

    @Override
    public void settleLoss() {
        log.settleLoss();
    }

    @Override
    public void leaveRetentionToLeader(boolean left) {
        log.leaveRetentionToLeader(left);
    }

    @Override
    public CompletableFuture<Long> truncateTo(long offset, Truncation truncation) {
        return directory().truncateTo(log, offset, truncation);
    }

    @Override
    public CompletableFuture<Long> beginAnew(long offset, Truncation truncation) {
        return directory().beginAnew(log, offset, truncation);
    }

    @Override
    public CompletableFuture<Long> advanceLogStart(long offset) {
        return directory().advanceLogStart(log, offset);
    }

    @Override
    public CompletableFuture<Long> deleteRecordsBefore(long offset) {
        return directory().deleteRecordsBefore(log, offset);
    }

    @Override
    public ByteBuffer read(long offset, long maxOffset, int maxBytes, IntConsumer beforeAllocation) {
        return log.read(offset, maxOffset, maxBytes, beforeAllocation);
    }

    @Override
    public Optional<DamagedRange> damagedRange(long offset) {
        return log.damagedRange(offset);
    }

    @Override
    public CompletableFuture<Long> replaceRange(ByteBuffer batches, Executor executor) {
        return directory().replaceRange(log, batches, executor);
    }

    @Override
    public Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp) {
        return log.offsetForTimestamp(timestamp);
    }

    @Override
    public boolean isOnline() {
        return directory().failure() == null;
    }

    @Override
    public long sizeInBytes() {
        return log.sizeInBytes();
    }

    @Override
    public int segmentCount() {
        return log.segmentCount();
    }

    @Override
    public void reconfigure(LogConfig config) {
        log.reconfigure(config);
    }

    @Override
    public CompletableFuture<Path> setAside() {
        return directory().setAside(log);
    }

    @Override
    public CompletableFuture<Void> delete() {
        return directory().delete(log);
    }
}
