package io.millrace.bench;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import java.nio.ByteBuffer;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/**
 * Group commit: 64 producers, each waiting for its append of one record of 1 KiB to be forced before it sends the next,
 * against one force for each such batch.
 */
public class LogCommitBenchmark {
    private static final int PRODUCERS = 64;

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

    @Benchmark
    @Threads(PRODUCERS)
    public AppendResult millrace(Millrace state, Producer producer) {
        return state.log.directory().append(state.log.log(), List.of(producer.batch.duplicate()), 0).join();
    }

    @Benchmark
    @Threads(1)
    public void oneForceABatch(Bare state, Producer producer) throws Exception {
        state.files.write(producer.batch);
        state.files.force();
    }
}
