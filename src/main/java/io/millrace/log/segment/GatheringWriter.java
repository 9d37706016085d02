package io.millrace.log.segment;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Gathers many buffers into one system write: they are copied into one direct buffer, and that is written when it is
 * full or at the end. The platform's own gathering write makes the same copy, but through a direct buffer for each heap
 * buffer, which it then keeps for the thread: memory would grow with the traffic. One thread only.
 */
public final class GatheringWriter {
    private static final int CAPACITY = 1024 * 1024;

    private final ByteBuffer gathered = ByteBuffer.allocateDirect(CAPACITY);
    private SegmentFile file;
    private long position;

    void begin(SegmentFile target, long from) {
        file = target;
        position = from;
        gathered.clear();
    }

    /** Adds position to limit; the buffer is not needed any more after the call. */
    void add(ByteBuffer source) throws IOException {
        int limit = source.limit();
        while (source.position() < limit) {
            if (!gathered.hasRemaining()) {
                finish();
            }
            source.limit(Math.min(limit, source.position() + gathered.remaining()));
            gathered.put(source);
        }
        source.limit(limit);
    }

    /** Writes what was gathered. */
    void finish() throws IOException {
        gathered.flip();
        int count = gathered.limit();
        file.write(gathered, position);
        position += count;
        gathered.clear();
    }
}
