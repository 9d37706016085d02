package io.millrace.bench;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Append with flush=os of batches of 100 records of 1 KiB, against FileChannel.write of the same bytes to files of the
 * same size. The producer keeps several appends in flight, as a server with several connections does. Both sides go
 * round the same number of distinct buffers, because an append writes the offset into the batch.
 */
public class LogAppendBenchmark {
    private static final int IN_FLIGHT = 32;
    private static final int RECORDS = 100;
    private static final int VALUE_BYTES = 1024;

    /** The log under test; used by one producer thread. */
    @State(Scope.Benchmark)
    public static class Millrace {
        private final ByteBuffer[] batches = new ByteBuffer[IN_FLIGHT];
        private final List<CompletableFuture<AppendResult>> inFlight = new ArrayList<>();
        private BenchLog log;
        private int next;
        private long sinceRetention;

        @Setup
        public void open() throws Exception {
            log = BenchLog.open(FlushPolicy.OS);
            for (int i = 0; i < IN_FLIGHT; i++) {
                batches[i] = Batches.of(RECORDS, VALUE_BYTES);
                inFlight.add(CompletableFuture.completedFuture(null));
            }
        }

        int append() {
            inFlight.get(next).join();
            ByteBuffer batch = batches[next].duplicate();
            int bytes = batch.remaining();
            inFlight.set(next, log.directory().append(log.log(), List.of(batch), 0));
            next = (next + 1) % IN_FLIGHT;
            sinceRetention += bytes;
            if (sinceRetention > BenchLog.SEGMENT_BYTES) {
                sinceRetention = 0;
                log.directory().applyRetention();
            }
            return bytes;
        }

        @TearDown
        public void close() throws Exception {
            inFlight.forEach(CompletableFuture::join);
            log.close();
        }
    }

    /** Bare files, with the same heap buffers or with direct ones. */
    @State(Scope.Benchmark)
    public static class Bare {
        private final ByteBuffer[] heap = new ByteBuffer[IN_FLIGHT];
        private final ByteBuffer[] direct = new ByteBuffer[IN_FLIGHT];
        private BareLog files;
        private int next;

        @Setup
        public void open() throws Exception {
            files = new BareLog(BenchFolder.create());
            for (int i = 0; i < IN_FLIGHT; i++) {
                heap[i] = Batches.of(RECORDS, VALUE_BYTES);
                direct[i] = ByteBuffer.allocateDirect(heap[i].remaining()).put(heap[i].duplicate()).flip();
            }
        }

        int write(ByteBuffer[] buffers) throws Exception {
            ByteBuffer buffer = buffers[next];
            next = (next + 1) % IN_FLIGHT;
            files.write(buffer);
            return buffer.remaining();
        }

        @TearDown
        public void close() throws Exception {
            files.close();
        }
    }

    @Benchmark
    public void millrace(Millrace state, Moved moved) {
        moved.bytes += state.append();
    }

    @Benchmark
    public void bareHeap(Bare state, Moved moved) throws Exception {
        moved.bytes += state.write(state.heap);
    }

    @Benchmark
    public void bareDirect(Bare state, Moved moved) throws Exception {
        moved.bytes += state.write(state.direct);
    }
}
