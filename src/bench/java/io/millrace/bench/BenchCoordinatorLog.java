package io.millrace.bench;

import io.millrace.agreement.Member;
import io.millrace.coordinator.CoordinatorLog;
import io.millrace.coordinator.LedLog;
import io.millrace.log.AppendResult;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.EndTransactionMarker;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

/** A partition of an internal topic that has no other replica: what is in its log is committed. */
record BenchCoordinatorLog(PartitionLog log) implements CoordinatorLog {
    @Override
    public String topic() {
        return BenchLog.TOPIC;
    }

    @Override
    public int partitions() {
        return 1;
    }

    @Override
    public Optional<LedLog> led(int partition) {
        return Optional.of(new Led(log));
    }

    @Override
    public Optional<Member> remote(int partition) {
        return Optional.empty();
    }

    @Override
    public AutoCloseable listen(IntConsumer changed) {
        changed.accept(0);
        return () -> { };
    }

    /** A leadership that does not end. */
    private record Led(PartitionLog log) implements LedLog {
        private static final int MAX_BATCH_BYTES = 1 << 20;

        @Override
        public int epoch() {
            return 0;
        }

        @Override
        public boolean isOver() {
            return false;
        }

        @Override
        public long startOffset() {
            return log.logStartOffset();
        }

        @Override
        public CompletableFuture<Long> settled() {
            return CompletableFuture.completedFuture(log.logEndOffset());
        }

        @Override
        public int maxBatchBytes() {
            return MAX_BATCH_BYTES;
        }

        @Override
        public ByteBuffer read(long offset, long endOffset, int maxBytes) {
            return log.read(offset, endOffset, maxBytes);
        }

        @Override
        public Appending append(List<ByteBuffer> batches) {
            CompletableFuture<AppendResult> durable = log.append(batches, 0);
            return new Appending(durable, durable);
        }

        @Override
        public Appending endTransaction(long producerId, short producerEpoch, EndTransactionMarker marker, long timestamp) {
            return append(List.of(marker.batch(producerId, producerEpoch, timestamp)));
        }

        @Override
        public CompletableFuture<?> committed(long endOffset) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void requireLease() {
            // there is nobody else
        }
    }
}
