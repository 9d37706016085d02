package io.millrace.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/** What the disk takes without a server: the same bytes written and forced, one after the other. */
record DiskLimit(Path work, ByteBuffer bytes) {
    LoadResult run(Duration duration) throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining()).put(bytes.duplicate()).flip();
        Latencies latencies = new Latencies();
        long writes = 0;
        long start = System.nanoTime();
        long end = start + duration.toNanos();
        long now = start;
        try (BareLog files = new BareLog(BenchFolder.createUnder(work))) {
            while (now < end) {
                files.write(direct);
                files.force();
                long done = System.nanoTime();
                latencies.add(done - now);
                now = done;
                writes++;
            }
        }
        return LoadResult.of((now - start) / 1e9, writes, 0, writes, writes * direct.remaining(), 0, latencies);
    }
}
