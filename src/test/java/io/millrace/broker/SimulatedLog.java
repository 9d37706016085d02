package io.millrace.broker;

import io.millrace.log.AppendResult;
import io.millrace.log.CommittedRecordsException;
import io.millrace.log.DamagedRange;
import io.millrace.log.FencedLeaderEpochException;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.LogConfig;
import io.millrace.log.LogName;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.Truncation;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.ReplicaLog;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A partition's log whose disk is a list. Changes take a while, in their order; a crash loses those that were not done,
 * or keeps some of the first, as a disk does with what was written and not forced.
 */
final class SimulatedLog implements ReplicaLog {
    /** What is on the simulated disk: it outlives its broker's crashes. */
    static final class Disk {
        final List<RecordBatch> batches = new ArrayList<>();
        long startOffset;
        /** As it was raised last: the checkpoint is written at once. */
        long highWatermark;

        long endOffset() {
            return batches.isEmpty() ? startOffset : batches.get(batches.size() - 1).lastOffset() + 1;
        }
    }

    private final Disk disk;
    private final Consumer<Runnable> writer;
    private final Deque<Runnable> queue = new ArrayDeque<>();
    private boolean crashed;
    private int epochFloor;

    /**
     * @param writer   runs a task after the time that a disk takes, unless the broker has crashed by then
     * @param maxEpoch the newest leader epoch of the partition
     */
    SimulatedLog(Disk disk, Consumer<Runnable> writer, int maxEpoch) {
        this.epochFloor = maxEpoch;
        this.disk = disk;
        this.writer = writer;
    }

    private <T> CompletableFuture<T> queue(java.util.function.Supplier<T> change) {
        CompletableFuture<T> done = new CompletableFuture<>();
        queue.add(() -> {
            try {
                T outcome = change.get();
                if (!crashed) {
                    done.complete(outcome);
                }
            } catch (IllegalArgumentException | CommittedRecordsException | OffsetOutOfRangeException refused) {
                if (!crashed) {
                    done.completeExceptionally(refused);
                }
            }
        });
        writer.accept(() -> {
            if (!crashed) {
                queue.remove().run();
            }
        });
        return done;
    }

    void crash(Random random) {
        crashed = true;
        for (int kept = random.nextInt(queue.size() + 1); kept > 0; kept--) {
            queue.remove().run();
        }
        queue.clear();
    }

    @Override
    public long startOffset() {
        return disk.startOffset;
    }

    @Override
    public long endOffset() {
        return disk.endOffset();
    }

    @Override
    public int lastEpoch() {
        return disk.batches.isEmpty() ? -1 : disk.batches.get(disk.batches.size() - 1).leaderEpoch();
    }

    @Override
    public LeaderEpochEnd endOffsetOf(int epoch) {
        int found = LeaderEpochEnd.NO_EPOCH;
        for (RecordBatch batch : disk.batches) {
            if (batch.leaderEpoch() > epoch) {
                return found == LeaderEpochEnd.NO_EPOCH ? new LeaderEpochEnd(found, disk.startOffset)
                        : new LeaderEpochEnd(found, batch.baseOffset());
            }
            found = batch.leaderEpoch();
        }
        return new LeaderEpochEnd(found, found == LeaderEpochEnd.NO_EPOCH ? disk.startOffset : disk.endOffset());
    }

    @Override
    public CompletableFuture<AppendResult> append(List<ByteBuffer> buffers, int leaderEpoch) {
        return queue(() -> {
            checkFloor(leaderEpoch);
            if (leaderEpoch < lastEpoch()) {
                throw new IllegalArgumentException("epoch " + leaderEpoch + " is over");
            }
            long base = disk.endOffset();
            long offset = base;
            for (ByteBuffer buffer : buffers) {
                for (RecordBatch batch : RecordBatch.in(buffer)) {
                    batch.assign(offset, leaderEpoch);
                    offset = batch.lastOffset() + 1;
                    disk.batches.add(batch);
                }
            }
            return new AppendResult(base, offset - 1, -1);
        });
    }

    @Override
    public CompletableFuture<AppendResult> appendReplicated(ByteBuffer batches, int leaderEpoch) {
        return queue(() -> {
            checkFloor(leaderEpoch);
            long base = disk.endOffset();
            for (RecordBatch batch : RecordBatch.in(batches)) {
                if (batch.baseOffset() != disk.endOffset() || batch.leaderEpoch() < lastEpoch()) {
                    throw new IllegalArgumentException("does not follow");
                }
                disk.batches.add(batch);
            }
            return new AppendResult(base, disk.endOffset() - 1, -1);
        });
    }

    private void checkFloor(int leaderEpoch) {
        if (leaderEpoch < epochFloor) {
            throw new FencedLeaderEpochException(new LogName("simulated", 0), leaderEpoch, epochFloor);
        }
    }

    @Override
    public void raiseEpochFloor(int epoch) {
        queue(() -> epochFloor = Math.max(epochFloor, epoch));
    }

    @Override
    public long highWatermark() {
        return Math.max(disk.startOffset, Math.min(disk.highWatermark, disk.endOffset()));
    }

    @Override
    public void raiseHighWatermark(long offset) {
        if (!crashed) {
            disk.highWatermark = Math.max(highWatermark(), Math.min(offset, disk.endOffset()));
        }
    }

    @Override
    public boolean mayHaveLost() {
        return false; // the simulated disk forces each write
    }

    @Override
    public void settleLoss() {
        // nothing was lost
    }

    @Override
    public void leaveRetentionToLeader(boolean left) {
        // there is no retention
    }

    @Override
    public CompletableFuture<Long> truncateTo(long offset, Truncation truncation) {
        return queue(() -> {
            lowerWatermark(offset, truncation);
            disk.batches.removeIf(batch -> batch.lastOffset() >= offset);
            return disk.endOffset();
        });
    }

    @Override
    public CompletableFuture<Long> beginAnew(long offset, Truncation truncation) {
        return queue(() -> {
            lowerWatermark(offset, truncation);
            disk.batches.clear();
            disk.startOffset = offset;
            return offset;
        });
    }

    private void lowerWatermark(long offset, Truncation truncation) {
        if (offset < highWatermark()) {
            if (truncation == Truncation.CLEAN) {
                throw new CommittedRecordsException(new LogName("simulated", 0), offset, highWatermark());
            }
            disk.highWatermark = offset;
        }
    }

    @Override
    public CompletableFuture<Long> advanceLogStart(long offset) {
        return queue(() -> {
            if (offset > disk.endOffset()) {
                disk.batches.clear();
            }
            disk.batches.removeIf(batch -> batch.lastOffset() < offset);
            disk.startOffset = Math.max(disk.startOffset, offset);
            return disk.startOffset;
        });
    }

    @Override
    public CompletableFuture<Long> deleteRecordsBefore(long offset) {
        return queue(() -> {
            disk.batches.removeIf(batch -> batch.lastOffset() < offset);
            disk.startOffset = Math.max(disk.startOffset, offset);
            return disk.startOffset;
        });
    }

    @Override
    public ByteBuffer read(long offset, long maxOffset, int maxBytes, IntConsumer beforeAllocation) {
        if (offset < disk.startOffset || offset > disk.endOffset()) {
            throw new OffsetOutOfRangeException(offset, disk.startOffset, disk.endOffset());
        }
        List<RecordBatch> found = new ArrayList<>();
        int bytes = 0;
        for (RecordBatch batch : disk.batches) {
            if (batch.lastOffset() >= offset && batch.lastOffset() < maxOffset
                    && (found.isEmpty() || bytes + batch.sizeInBytes() <= maxBytes)) {
                found.add(batch);
                bytes += batch.sizeInBytes();
            }
        }
        beforeAllocation.accept(bytes);
        ByteBuffer copy = ByteBuffer.allocate(bytes);
        found.forEach(batch -> copy.put(batch.buffer().duplicate()));
        return copy.flip();
    }

    /** The value of the record at an offset, or null: each simulated batch holds one record. */
    String valueAt(long offset) {
        for (RecordBatch batch : disk.batches) {
            if (batch.baseOffset() == offset) {
                return BrokerHarness.text(batch.records().next().value());
            }
        }
        return null;
    }

    @Override
    public Optional<DamagedRange> damagedRange(long offset) {
        return Optional.empty();
    }

    @Override
    public CompletableFuture<Long> replaceRange(ByteBuffer batches, Executor executor) {
        return queue(() -> {
            long end = -1;
            for (RecordBatch good : RecordBatch.in(batches)) {
                disk.batches.replaceAll(batch -> batch.baseOffset() == good.baseOffset() ? good : batch);
                end = good.lastOffset() + 1;
            }
            return end;
        });
    }

    @Override
    public Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp) {
        return Optional.empty();
    }

    @Override
    public boolean isOnline() {
        return true;
    }

    @Override
    public long sizeInBytes() {
        return 0;
    }

    @Override
    public int segmentCount() {
        return 1;
    }

    @Override
    public void reconfigure(LogConfig config) {
        // nothing of it is simulated
    }

    @Override
    public CompletableFuture<Path> setAside() {
        throw new IllegalStateException("a simulated topic goes only when it is deleted");
    }

    @Override
    public CompletableFuture<Void> delete() {
        crashed = true;
        disk.batches.clear();
        disk.startOffset = 0;
        disk.highWatermark = 0;
        return CompletableFuture.completedFuture(null);
    }
}
