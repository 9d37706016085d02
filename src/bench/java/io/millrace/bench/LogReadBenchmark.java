package io.millrace.bench;

import io.millrace.log.FlushPolicy;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Sequential fetches of 1 MiB from a segment in the page cache, against FileChannel.read of the same file: into a new
 * heap buffer for every read, as a fetch hands one out, and into one direct buffer that is used again.
 */
public class LogReadBenchmark {
    private static final int FETCH_BYTES = 1 << 20;
    private static final long LOG_BYTES = 200L << 20;

    /** A log of one segment, and a bare channel on that segment's file. */
    @State(Scope.Benchmark)
    public static class Segment {
        private final ByteBuffer direct = ByteBuffer.allocateDirect(FETCH_BYTES);
        private BenchLog log;
        private FileChannel channel;
        private long size;
        private long offset;
        private long position;

        @Setup
        public void open() throws Exception {
            log = BenchLog.open(FlushPolicy.OS);
            ByteBuffer batch = Batches.of(100, 1024);
            for (long written = 0; written < LOG_BYTES; written += batch.remaining()) {
                log.directory().append(log.log(), List.of(batch.duplicate()), 0).join();
            }
            channel = FileChannel.open(log.firstSegment());
            size = channel.size();
        }

        ByteBuffer fetch() {
            long end = log.log().logEndOffset();
            if (offset >= end) {
                offset = 0;
            }
            ByteBuffer bytes = log.log().read(offset, end, FETCH_BYTES);
            for (RecordBatch batch : RecordBatch.in(bytes.duplicate())) {
                offset = batch.lastOffset() + 1;
            }
            return bytes;
        }

        ByteBuffer read(ByteBuffer buffer) throws IOException {
            if (position >= size) {
                position = 0;
            }
            int read = channel.read(buffer, position);
            position += read;
            return buffer.flip();
        }

        @TearDown
        public void close() throws Exception {
            channel.close();
            log.close();
        }
    }

    @Benchmark
    public ByteBuffer millrace(Segment state, Moved moved) {
        return counted(state.fetch(), moved);
    }

    @Benchmark
    public ByteBuffer bareHeap(Segment state, Moved moved) throws IOException {
        return counted(state.read(ByteBuffer.allocate(FETCH_BYTES)), moved);
    }

    @Benchmark
    public ByteBuffer bareDirect(Segment state, Moved moved) throws IOException {
        return counted(state.read(state.direct.clear()), moved);
    }

    private static ByteBuffer counted(ByteBuffer bytes, Moved moved) {
        moved.bytes += bytes.remaining();
        return bytes;
    }
}
