package io.millrace.coordinator;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/** An internal topic of one partition in memory, in which a test writes, commits, refuses and elects. */
final class FakeLog implements CoordinatorLog {
    /** By their offsets. */
    final List<RecordBatch> batches = new ArrayList<>();
    int partitions = 1;
    /** Of each partition, the other broker that leads it. */
    IntFunction<Optional<Member>> remote = partition -> Optional.empty();
    int maxBatchBytes = 4_096;
    int reads;
    int bytesRead;
    boolean leased = true;
    /** Whether something may be on its way to the log when a leadership begins. */
    boolean settling;
    private long end;
    private long committed;
    private Led led;
    private IntConsumer listener = any -> { };

    @Override
    public String topic() {
        return "__counters";
    }

    @Override
    public int partitions() {
        return partitions;
    }

    @Override
    public Optional<LedLog> led(int partition) {
        return partition == 0 ? Optional.ofNullable(led) : Optional.empty();
    }

    @Override
    public Optional<Member> remote(int partition) {
        return remote.apply(partition);
    }

    @Override
    public AutoCloseable listen(IntConsumer changed) {
        listener = changed;
        return () -> listener = any -> { };
    }

    /** The broker leads from now on. */
    Led lead(int epoch) {
        depose();
        led = new Led(epoch);
        listener.accept(0);
        return led;
    }

    /** It does not lead any more. */
    void depose() {
        if (led != null) {
            Led ended = led;
            led = null;
            ended.end();
            listener.accept(0);
        }
    }

    /** As an earlier leader did: the key of a change, and its value, or null. */
    void store(String... keysAndValues) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            batch.append(1, Counters.bytes(keysAndValues[i]),
                    keysAndValues[i + 1] == null ? null : Counters.bytes(keysAndValues[i + 1]), List.of());
        }
        store(batch.build());
    }

    /** As an earlier leader did in a producer's transaction: key and value of one change. */
    void storeIn(long producerId, int producerEpoch, String key, String value) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE)
                .producer(producerId, (short) producerEpoch, RecordBatch.NO_SEQUENCE).transactional();
        batch.append(1, Counters.bytes(key), value == null ? null : Counters.bytes(value), List.of());
        store(batch.build());
    }

    void store(ByteBuffer batch) {
        RecordBatch stored = RecordBatch.at(batch);
        stored.assign(end, 0);
        batches.add(stored);
        end = stored.lastOffset() + 1;
    }

    /** Offsets that are there no more. */
    void skip(int offsets) {
        end += offsets;
    }

    void commitAll() {
        committed = end;
        if (led != null) {
            led.committed();
        }
    }

    /** One leadership. */
    final class Led implements LedLog {
        private final int epoch;
        private final Deque<Append> queued = new ArrayDeque<>();
        private final List<Wait> waits = new ArrayList<>();
        private boolean over;
        private CompletableFuture<Long> settled;
        /** What appends are refused with, or null. */
        RuntimeException refusal;
        /** What reads fail with, or null. */
        RuntimeException unreadable;

        private record Append(List<ByteBuffer> batches, CompletableFuture<Void> written, CompletableFuture<Void> committed) {
        }

        private record Wait(long end, CompletableFuture<Void> committed) {
        }

        private Led(int epoch) {
            this.epoch = epoch;
        }

        @Override
        public int epoch() {
            return epoch;
        }

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public long startOffset() {
            return 0;
        }

        @Override
        public CompletableFuture<Long> settled() {
            settled = new CompletableFuture<>();
            if (!settling) {
                settled.complete(end);
            }
            return settled;
        }

        /** Nothing that was queued before comes any more. */
        void settle() {
            settled.complete(end);
        }

        @Override
        public int maxBatchBytes() {
            return maxBatchBytes;
        }

        @Override
        public ByteBuffer read(long offset, long endOffset, int maxBytes) {
            reads++;
            if (unreadable != null) {
                throw unreadable;
            }
            List<ByteBuffer> found = new ArrayList<>();
            int bytes = 0;
            for (RecordBatch batch : batches) {
                if (batch.lastOffset() >= offset && batch.lastOffset() < endOffset
                        && (found.isEmpty() || bytes + batch.sizeInBytes() <= maxBytes)) {
                    found.add(batch.buffer());
                    bytes += batch.sizeInBytes();
                }
            }
            bytesRead += bytes;
            ByteBuffer all = ByteBuffer.allocate(bytes);
            found.forEach(all::put);
            return all.flip();
        }

        @Override
        public Appending append(List<ByteBuffer> appended) {
            if (over) {
                throw new BrokerException(ErrorKind.NOT_LEADER, "another one leads");
            } else if (refusal != null) {
                throw refusal;
            }
            queued.add(new Append(List.copyOf(appended), new CompletableFuture<>(), new CompletableFuture<>()));
            return new Appending(queued.peekLast().written(), queued.peekLast().committed());
        }

        @Override
        public CompletableFuture<?> committed(long endOffset) {
            waits.add(new Wait(endOffset, new CompletableFuture<>()));
            CompletableFuture<Void> wait = waits.get(waits.size() - 1).committed();
            committed();
            return wait;
        }

        @Override
        public void requireLease() {
            if (!leased) {
                throw new BrokerException(ErrorKind.UNAVAILABLE, "not in touch");
            }
        }

        void unsettle() {
            settled.completeExceptionally(new IllegalStateException("the disk said no"));
        }

        @Override
        public Appending endTransaction(long producerId, short producerEpoch, EndTransactionMarker marker, long timestamp) {
            boolean known = batches.stream().anyMatch(each -> each.producerId() == producerId
                    && each.producerEpoch() >= producerEpoch);
            boolean earlierIsOpen = batches.stream().filter(each -> each.producerId() == producerId)
                    .reduce((before, last) -> last).filter(last -> !last.isControl() && last.isTransactional()
                            && last.producerEpoch() < producerEpoch - 1).isPresent();
            return append(known || earlierIsOpen ? List.of() : List.of(marker.batch(producerId, producerEpoch, timestamp)));
        }

        int queued() {
            return queued.size();
        }

        /** The oldest append that is on its way gets into the log. */
        void write() {
            Append next = queued.remove();
            next.batches().forEach(FakeLog.this::store);
            waits.add(new Wait(end, next.committed()));
            next.written().complete(null);
        }

        /** It may get there or not, and nobody knows. */
        void fail(boolean there) {
            Append next = queued.remove();
            if (there) {
                next.batches().forEach(FakeLog.this::store);
            }
            next.written().completeExceptionally(new IllegalStateException("the disk said no"));
        }

        private void committed() {
            List<Wait> done = waits.stream().filter(wait -> wait.end() <= committed).toList();
            waits.removeAll(done);
            done.forEach(wait -> wait.committed().complete(null));
        }

        private void end() {
            over = true;
            waits.forEach(wait -> wait.committed().completeExceptionally(new BrokerException(ErrorKind.NOT_COMMITTED, "over")));
            waits.clear();
        }
    }
}
