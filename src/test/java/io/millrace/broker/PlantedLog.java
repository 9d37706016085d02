package io.millrace.broker;

import io.millrace.agreement.Member;
import io.millrace.coordinator.CoordinatorLog;
import io.millrace.coordinator.LedLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.Partition;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * An internal topic whose coordinator makes a mistake, to see that the checks find it.
 *
 * @param unheard        told of a partition whose state is not to take back what the log refused
 * @param partitionsHere replicas on this broker
 */
public record PlantedLog(CoordinatorLog log, Bug bug, IntConsumer unheard, IntFunction<Partition> partitionsHere)
        implements CoordinatorLog {
    /** A fault that is built in on purpose. */
    public enum Bug {
        NONE(""),
        /** What is written counts as committed. */
        ANSWER_BEFORE_COMMIT("contradicts|lacks change"),
        /** What the log refused stays in the state. */
        NO_UNDO("was refused"),
        /** What earlier leaders wrote and nobody committed yet is not read. */
        LOAD_TO_HIGH_WATERMARK("contradicts|lacks change|and not of the other"),
        /** Markers are said to be there, and are not. */
        LOST_MARKERS("lacks change|contradicts"),
        /** Transactions that were aborted are read as if they were committed. */
        ABORTS_READ_AS_COMMITS("was refused"),
        /** It goes on as if nobody else had led meanwhile. */
        IGNORE_EPOCHS("contradicts|lacks change");

        private final String violation;

        /** @param violation part of the message that tells of what it leads to, a regular expression */
        Bug(String violation) {
            this.violation = violation;
        }

        String violation() {
            return violation;
        }
    }

    @Override
    public String topic() {
        return log.topic();
    }

    @Override
    public int partitions() {
        return log.partitions();
    }

    @Override
    public Optional<LedLog> led(int partition) {
        return log.led(partition).map(led -> new Planted(partition, led));
    }

    @Override
    public Optional<Member> remote(int partition) {
        return log.remote(partition);
    }

    @Override
    public AutoCloseable listen(IntConsumer changed) {
        return log.listen(changed);
    }

    private final class Planted implements LedLog {
        private final int partition;
        private final LedLog led;

        private Planted(int partition, LedLog led) {
            this.partition = partition;
            this.led = led;
        }

        private LedLog present() {
            return bug == Bug.IGNORE_EPOCHS ? log.led(partition).orElse(led) : led;
        }

        @Override
        public int epoch() {
            return led.epoch();
        }

        @Override
        public boolean isOver() {
            return bug != Bug.IGNORE_EPOCHS && led.isOver();
        }

        @Override
        public long startOffset() {
            return led.startOffset();
        }

        @Override
        public CompletableFuture<Long> settled() {
            return bug == Bug.LOAD_TO_HIGH_WATERMARK
                    ? CompletableFuture.completedFuture(partitionsHere.apply(partition).highWatermark()) : led.settled();
        }

        @Override
        public int maxBatchBytes() {
            return led.maxBatchBytes();
        }

        @Override
        public ByteBuffer read(long offset, long endOffset, int maxBytes) {
            ByteBuffer found = led.read(offset, endOffset, maxBytes);
            return bug == Bug.ABORTS_READ_AS_COMMITS ? withoutAborts(found) : found;
        }

        private static ByteBuffer withoutAborts(ByteBuffer found) {
            ByteBuffer changed = ByteBuffer.allocate(found.remaining());
            for (RecordBatch batch : RecordBatch.in(found)) {
                ByteBuffer next = batch.buffer();
                if (batch.isControl()) {
                    next = new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 0).batch(batch.producerId(), batch.producerEpoch(), 0);
                    RecordBatch.at(next).assign(batch.baseOffset(), batch.leaderEpoch());
                }
                changed.put(next);
            }
            return changed.flip();
        }

        @Override
        public Appending append(List<ByteBuffer> batches) {
            return planted(() -> present().append(batches));
        }

        @Override
        public Appending endTransaction(long producerId, short producerEpoch, EndTransactionMarker marker, long timestamp) {
            if (bug == Bug.LOST_MARKERS) {
                CompletableFuture<Void> said = CompletableFuture.completedFuture(null);
                return new Appending(said, said);
            }
            return planted(() -> present().endTransaction(producerId, producerEpoch, marker, timestamp));
        }

        private Appending planted(Supplier<Appending> append) {
            try {
                Appending appending = append.get();
                return bug == Bug.ANSWER_BEFORE_COMMIT ? new Appending(appending.written(), appending.written()) : appending;
            } catch (BrokerException refused) {
                if (bug == Bug.NO_UNDO && refused.kind() != ErrorKind.NOT_LEADER) {
                    unheard.accept(partition);
                }
                throw refused;
            }
        }

        @Override
        public CompletableFuture<?> committed(long endOffset) {
            return bug == Bug.ANSWER_BEFORE_COMMIT ? CompletableFuture.completedFuture(null) : present().committed(endOffset);
        }

        @Override
        public void requireLease() {
            led.requireLease();
        }
    }
}
