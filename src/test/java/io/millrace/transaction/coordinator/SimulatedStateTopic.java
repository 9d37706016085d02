package io.millrace.transaction.coordinator;

import io.millrace.agreement.Member;
import io.millrace.broker.SimulatedTime;
import io.millrace.coordinator.CoordinatorLog;
import io.millrace.coordinator.LedLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.RecordIterator;
import io.millrace.transaction.records.TransactionKey;
import io.millrace.transaction.records.TransactionRecordCodec;
import io.millrace.transaction.state.Transaction;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

/**
 * The topic of simulated coordinators: one partition, one leader at a time. Of what a leader had on its way when it was replaced,
 * some of the first survives, and nobody tells it. It learns late that it was, and may answer from what it knows until then.
 */
final class SimulatedStateTopic {
    private final SimulatedTime time;
    private final Random random;
    private final TransactionRecordCodec codec = new TransactionRecordCodec();
    private final List<RecordBatch> batches = new ArrayList<>();
    private final Map<String, Transaction> state = new TreeMap<>();
    private final Deque<Append> onItsWay = new ArrayDeque<>();
    private long end;
    private int leader;
    private int epoch;
    /** For tests: what is written is told to be committed before it is, and appends are refused or delayed. */
    boolean tellsTooSoon;
    boolean refusing;
    int delayMs;

    private record Append(View.Led by, List<ByteBuffer> batches, CompletableFuture<Void> committed) {
    }

    SimulatedStateTopic(SimulatedTime time, Random random) {
        this.time = time;
        this.random = random;
    }

    int leader() {
        return leader;
    }

    /** Another one leads, or the same anew. */
    void elect(int server) {
        int survivors = onItsWay.isEmpty() ? 0 : random.nextInt(onItsWay.size() + 1);
        for (int i = 0; i < survivors; i++) {
            store(onItsWay.remove().batches());
        }
        onItsWay.clear();
        epoch++;
        leader = server;
    }

    /** As an earlier leader did. */
    void store(String transactionalId, Transaction transaction) {
        TransactionKey key = new TransactionKey.Id(transactionalId);
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(1, codec.writeKey(key), codec.writeValue(key, transaction), List.of());
        store(List.of(batch.build()));
    }

    private void store(List<ByteBuffer> appended) {
        for (ByteBuffer batch : appended) {
            RecordBatch stored = RecordBatch.at(batch);
            stored.assign(end, epoch);
            batches.add(stored);
            end = stored.lastOffset() + 1;
            replay(stored);
        }
    }

    private void replay(RecordBatch batch) {
        try (RecordIterator records = batch.records()) {
            while (records.hasNext()) {
                Record next = records.next();
                TransactionKey key = codec.readKey(next.key());
                String id = ((TransactionKey.Id) key).transactionalId();
                if (next.value() == null) {
                    state.remove(id);
                } else {
                    state.put(id, codec.readValue(key, next.value()));
                }
            }
        }
    }

    /** Of all that was written by now. */
    long bytes() {
        return batches.stream().mapToLong(each -> each.buffer().remaining()).sum();
    }

    /** What is in the log. */
    Map<String, Transaction> state() {
        return new TreeMap<>(state);
    }

    /** As one run of a server sees it. */
    final class View implements CoordinatorLog {
        private final int server;
        private Led led;
        private IntConsumer listener = partition -> { };

        View(int server) {
            this.server = server;
        }

        /** Hears who leads. */
        void learn() {
            if (led != null && (leader != server || led.epoch != epoch)) {
                Led ended = led;
                led = null;
                ended.end();
            }
            if (led == null && leader == server) {
                led = new Led(epoch);
            }
            listener.accept(0);
        }

        @Override
        public String topic() {
            return "__transaction_state";
        }

        @Override
        public int partitions() {
            return 1;
        }

        @Override
        public Optional<LedLog> led(int partition) {
            return Optional.ofNullable(led);
        }

        @Override
        public Optional<Member> remote(int partition) {
            return leader == server ? Optional.empty() : Optional.of(new Member(leader, "session", "http://" + leader, null));
        }

        @Override
        public AutoCloseable listen(IntConsumer changed) {
            listener = changed;
            changed.accept(0);
            return () -> listener = partition -> { };
        }

        private final class Led implements LedLog {
            private final int epoch;
            private final List<CompletableFuture<?>> waiting = new ArrayList<>();
            private boolean over;

            private Led(int epoch) {
                this.epoch = epoch;
            }

            private void end() {
                over = true;
                waiting.forEach(each -> each.completeExceptionally(new BrokerException(ErrorKind.NOT_COMMITTED, "another one leads")));
                waiting.clear();
            }

            private boolean isReplaced() {
                return epoch != SimulatedStateTopic.this.epoch;
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
                return CompletableFuture.completedFuture(end);
            }

            @Override
            public int maxBatchBytes() {
                return 1 << 21;
            }

            @Override
            public ByteBuffer read(long offset, long endOffset, int maxBytes) {
                List<ByteBuffer> found = batches.stream().filter(each -> each.lastOffset() >= offset && each.lastOffset() < endOffset)
                    .map(RecordBatch::buffer).toList();
                ByteBuffer all = ByteBuffer.allocate(found.stream().mapToInt(ByteBuffer::remaining).sum());
                found.forEach(all::put);
                return all.flip();
            }

            @Override
            public Appending append(List<ByteBuffer> appended) {
                if (over) {
                    throw new BrokerException(ErrorKind.NOT_LEADER, "another one leads");
                } else if (refusing) {
                    throw new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, "for the test");
                }
                Append append = new Append(this, List.copyOf(appended), new CompletableFuture<>());
                waiting.add(append.committed());
                if (!isReplaced()) {
                    onItsWay.add(append);
                }
                CompletableFuture<Void> written = new CompletableFuture<>();
                if (tellsTooSoon) {
                    append.committed().complete(null);
                }
                time.soon(500, () -> {
                    written.complete(null);
                    time.after(delayMs, () -> time.soon(1_500, () -> commit(append)));
                });
                return new Appending(written, append.committed());
            }

            @Override
            public Appending endTransaction(long producerId, short producerEpoch, EndTransactionMarker marker, long timestamp) {
                throw new UnsupportedOperationException("nothing is written here in transactions");
            }

            /** With all that come before it. */
            private void commit(Append append) {
                while (onItsWay.contains(append)) {
                    Append next = onItsWay.remove();
                    store(next.batches());
                    next.by().waiting.remove(next.committed());
                    next.committed().complete(null);
                }
            }

            @Override
            public CompletableFuture<?> committed(long endOffset) {
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public void requireLease() {
                if (isReplaced() && random.nextBoolean()) {
                    throw new BrokerException(ErrorKind.UNAVAILABLE, "another one may lead");
                }
            }
        }
    }
}
