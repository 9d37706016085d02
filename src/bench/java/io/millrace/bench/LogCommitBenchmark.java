package io.millrace.bench;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/**
 * Group commit: 64 producers, each waiting for its append of one record of 1 KiB to be forced before it sends the next,
 * against one force for each such batch. Once each producer is a thread that blocks, and once none holds a thread, as in
 * the server: there the next append follows from the completion of the last.
 */
public class LogCommitBenchmark {
    private static final int PRODUCERS = 64;
    private static final int APPENDS_EACH = 500;

    /** The log under test, shared by the producers. */
    @State(Scope.Benchmark)
    public static class Millrace {
        private BenchLog log;

        @Setup
        public void open() throws Exception {
            log = BenchLog.open(FlushPolicy.COMMIT);
        }

        @TearDown
        public void close() throws Exception {
            log.close();
        }
    }

    /** A producer's batch; each thread has its own, because an append writes the offset into it. */
    @State(Scope.Thread)
    public static class Producer {
        private final ByteBuffer batch = Batches.of(1, 1024);
    }

    /** Bare files. */
    @State(Scope.Benchmark)
    public static class Bare {
        private BareLog files;

        @Setup
        public void open() throws Exception {
            files = new BareLog(BenchFolder.create());
        }

        @TearDown
        public void close() throws Exception {
            files.close();
        }
    }

    /** A producer without a thread; its state is handed from the benchmark's thread to the log's writer. */
    private static final class ChainedProducer {
        private final BenchLog log;
        private final ByteBuffer batch = Batches.of(1, 1024);
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private int left = APPENDS_EACH;

        ChainedProducer(BenchLog log) {
            this.log = log;
        }

        void send() {
            log.directory().append(log.log(), List.of(batch.duplicate()), 0).whenComplete((result, failure) -> {
                left--;
                if (failure != null) {
                    done.completeExceptionally(failure);
                } else if (left == 0) {
                    done.complete(null);
                } else {
                    send();
                }
            });
        }
    }

    @Benchmark
    @Threads(1)
    @OperationsPerInvocation(PRODUCERS * APPENDS_EACH)
    public void withoutThreads(Millrace state) {
        List<ChainedProducer> producers = Stream.generate(() -> new ChainedProducer(state.log)).limit(PRODUCERS).toList();
        producers.forEach(ChainedProducer::send);
        producers.forEach(producer -> producer.done.join());
    }

    @Benchmark
    @Threads(PRODUCERS)
    public AppendResult withThreads(Millrace state, Producer producer) {
        return state.log.directory().append(state.log.log(), List.of(producer.batch.duplicate()), 0).join();
    }

    @Benchmark
    @Threads(1)
    public void oneForceABatch(Bare state, Producer producer) throws Exception {
        state.files.write(producer.batch);
        state.files.force();
    }
}
