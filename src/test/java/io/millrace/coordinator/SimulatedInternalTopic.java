package io.millrace.coordinator;

import io.millrace.agreement.Member;
import io.millrace.broker.SimulatedTime;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

/**
 * An internal topic of simulated servers: one partition, one leader at a time, which what it wrote is committed by. Of what a
 * leader had on its way when it was replaced, some of the first survives, and nobody tells it. It learns late that it was.
 */
public abstract class SimulatedInternalTopic {
    /** What may happen to what is written. */
    public interface Faults {
        /** Whether an append is refused now. */
        default boolean refuses(int server) {
            return false;
        }

        /** How long the next append waits for its commit, in ms. */
        default int delayMs() {
            return 0;
        }

        /** Whether an append is answered as committed, and is not there. */
        default boolean loses() {
            return false;
        }

        /** Whether a leader that was replaced believes that its lease goes on. */
        default boolean overstaysLease() {
            return false;
        }

        /** Whether markers of aborted transactions are read as if these were committed. */
        default boolean readsAbortsAsCommits() {
            return false;
        }

        /** Whether what is written in open transactions is not read. */
        default boolean readsNoOpenTransactions() {
            return false;
        }

        /** Whether a leader that was replaced writes on as if it were not. */
        default boolean writesOn() {
            return false;
        }
    }

    private static final int MAX_BATCH_BYTES = 1 << 21;

    private final String name;
    private final SimulatedTime time;
    private final Random random;
    private final Faults faults;
    private final List<RecordBatch> batches = new ArrayList<>();
    private final Deque<Append> onItsWay = new ArrayDeque<>();
    /** Of each producer, the epoch of what it wrote last, or of its last marker. */
    private final Map<Long, Short> producers = new HashMap<>();
    private long end;
    private int leader;
    private int epoch;
    /** Until then nothing more is committed, in ns. */
    private long stalledUntil;

    private record Append(View.Led by, List<ByteBuffer> batches, CompletableFuture<Void> committed) {
    }

    protected SimulatedInternalTopic(String name, SimulatedTime time, Random random, Faults faults) {
        this.name = name;
        this.time = time;
        this.random = random;
        this.faults = faults;
    }

    /** Batches were committed. */
    protected abstract void committed(List<RecordBatch> batches);

    public int leader() {
        return leader;
    }

    /** Another one leads, or the same anew. */
    public void elect(int server) {
        int survivors = onItsWay.isEmpty() ? 0 : random.nextInt(onItsWay.size() + 1);
        for (int i = 0; i < survivors; i++) {
            store(onItsWay.remove());
        }
        onItsWay.clear();
        epoch++;
        leader = server;
    }

    private void store(Append append) {
        if (faults.loses()) {
            return;
        }
        List<RecordBatch> stored = append.batches().stream().map(RecordBatch::at).filter(this::isNew).toList();
        for (RecordBatch batch : stored) {
            batch.assign(end, append.by().epoch());
            batches.add(batch);
            end = batch.lastOffset() + 1;
        }
        committed(stored);
    }

    /** As the log decides of a marker; records must be of the producer's newest epoch, or somebody has not looked. */
    private boolean isNew(RecordBatch batch) {
        if (batch.producerId() == RecordBatch.NO_PRODUCER_ID) {
            return true;
        }
        short known = producers.getOrDefault(batch.producerId(), RecordBatch.NO_PRODUCER_EPOCH);
        if (batch.isControl() && batch.producerEpoch() <= known) {
            return false;
        } else if (batch.producerEpoch() < known) {
            throw new AssertionError("records of producer " + batch.producerId() + " and epoch " + batch.producerEpoch()
                    + " come behind those of epoch " + known);
        }
        producers.put(batch.producerId(), batch.producerEpoch());
        return true;
    }

    private boolean isOpen(RecordBatch batch) {
        return batch.isTransactional() && batches.stream().noneMatch(each -> each.isControl()
                && each.producerId() == batch.producerId() && each.baseOffset() >= batch.baseOffset());
    }

    private static ByteBuffer asCommit(RecordBatch batch) {
        if (!batch.isControl()) {
            return batch.buffer();
        }
        ByteBuffer commit = new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 0).batch(batch.producerId(),
                batch.producerEpoch(), 0);
        RecordBatch.at(commit).assign(batch.baseOffset(), batch.leaderEpoch());
        return commit;
    }

    /** Somebody writes who does not lead. */
    public void writeBeside(ByteBuffer batch) {
        RecordBatch written = RecordBatch.at(batch);
        written.assign(end, epoch);
        batches.add(written);
        producers.put(written.producerId(), written.producerEpoch());
        end = written.lastOffset() + 1;
        committed(List.of(written));
    }

    /** As one run of a server sees it. */
    public final class View implements CoordinatorLog {
        private final int server;
        private Led led;
        private IntConsumer listener = partition -> { };
        /** What the next leadership's first read fails with, or null. */
        public Error nextRead;

        public View(int server) {
            this.server = server;
        }

        /** Hears who leads. */
        public void learn() {
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
            return name;
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
            return leader == server ? Optional.empty()
                    : Optional.of(new Member(leader, "session", "http://" + leader, null));
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
                return epoch != SimulatedInternalTopic.this.epoch;
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
                return MAX_BATCH_BYTES;
            }

            @Override
            public ByteBuffer read(long offset, long endOffset, int maxBytes) {
                Error fault = nextRead;
                nextRead = null;
                if (fault != null) {
                    throw fault;
                }
                List<ByteBuffer> found = batches.stream().filter(each -> each.lastOffset() >= offset && each.lastOffset() < endOffset)
                        .filter(each -> !faults.readsNoOpenTransactions() || !isOpen(each))
                        .map(each -> faults.readsAbortsAsCommits() ? asCommit(each) : each.buffer()).toList();
                ByteBuffer all = ByteBuffer.allocate(found.stream().mapToInt(ByteBuffer::remaining).sum());
                found.forEach(all::put);
                return all.flip();
            }

            @Override
            public Appending append(List<ByteBuffer> appended) {
                if (over) {
                    throw new BrokerException(ErrorKind.NOT_LEADER, "another one leads");
                } else if (faults.refuses(server)) {
                    throw new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, "for the test");
                }
                CompletableFuture<Void> written = new CompletableFuture<>();
                Append append = new Append(this, List.copyOf(appended), new CompletableFuture<>());
                waiting.add(append.committed());
                if (!isReplaced() || faults.writesOn()) {
                    onItsWay.add(append);
                }
                int delay = faults.delayMs();
                if (delay > 0) {
                    stalledUntil = Math.max(stalledUntil, time.nanoTime() + delay * 1_000_000L);
                }
                time.soon(1_000, () -> {
                    written.complete(null);
                    time.at(Math.max(stalledUntil, time.nanoTime()), () -> time.soon(2_000, () -> commit(append)));
                });
                return new Appending(written, append.committed());
            }

            @Override
            public Appending endTransaction(long producerId, short producerEpoch, EndTransactionMarker marker, long timestamp) {
                return append(List.of(marker.batch(producerId, producerEpoch, timestamp)));
            }

            /** With all that come before it. */
            private void commit(Append append) {
                while (onItsWay.contains(append)) {
                    Append next = onItsWay.remove();
                    store(next);
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
                if (isReplaced() && !faults.overstaysLease()) {
                    throw new BrokerException(ErrorKind.UNAVAILABLE, "another one may lead");
                }
            }
        }
    }
}
