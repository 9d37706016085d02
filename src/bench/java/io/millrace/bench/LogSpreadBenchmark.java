package io.millrace.bench;

import io.millrace.log.FlushPolicy;
import io.millrace.log.file.FileAccess;
import io.millrace.log.write.PartitionLog;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/**
 * What it costs group commit that appends go to many logs, each of which is a file to force: producers without a thread
 * each, all to one log, or each to a log of its own. On the disk here, and on one whose force takes 2 ms.
 */
@Threads(1)
public class LogSpreadBenchmark {
    private static final int APPENDS = 6400;
    private static final long FORCE_NANOS = 2_000_000;

    /** The logs, and the producers, of whom each waits for its append before it sends the next. */
    @State(Scope.Benchmark)
    public static class Spread {
        @Param({"1", "100"})
        private int partitions;
        @Param({"16", "100"})
        private int producers;
        @Param({"here", "2ms"})
        private String disk;

        private BenchLog bench;
        private List<PartitionLog> logs;

        @Setup
        public void open() throws Exception {
            bench = BenchLog.open(FlushPolicy.COMMIT, disk.equals("here") ? FileAccess.DISK : new SlowDisk(FORCE_NANOS));
            logs = bench.logs(partitions);
        }

        @TearDown
        public void close() throws Exception {
            bench.close();
        }
    }

    /** Its logs are others each time, as those of a server's requests are. */
    private static final class Producer {
        private final Spread state;
        private final ByteBuffer batch = Batches.of(1, 1024);
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private int at;
        private int left;

        Producer(Spread state, int first) {
            this.state = state;
            this.at = first;
            this.left = APPENDS / state.producers;
        }

        void send() {
            PartitionLog log = state.logs.get(at % state.logs.size());
            at += state.producers;
            state.bench.directory().append(log, List.of(batch.duplicate()), 0).whenComplete((result, failure) -> {
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
    @OperationsPerInvocation(APPENDS)
    public void commit(Spread state) {
        List<Producer> producers = new ArrayList<>();
        for (int i = 0; i < state.producers; i++) {
            producers.add(new Producer(state, i));
        }
        producers.forEach(Producer::send);
        producers.forEach(producer -> producer.done.join());
    }
}
