package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Gathers the batches of one drain that go to one segment, so that they are written by one call. Its direct memory is all
 * that writing takes, whatever the size of the batches: the JDK would copy heap buffers into direct ones of their own
 * size. The writer's own.
 */
final class WriteBuffer {
    private final ByteBuffer pending;
    private Segment target;

    WriteBuffer(int bytes) {
        pending = ByteBuffer.allocateDirect(bytes);
    }

    int pendingFor(Segment segment) {
        return segment == target ? pending.position() : 0;
    }

    /** Takes position to limit; what was pending for another segment is written first. */
    void add(Segment segment, ByteBuffer bytes) throws IOException {
        if (segment != target) {
            flush();
            target = segment;
        }
        ByteBuffer rest = bytes.duplicate();
        int limit = rest.limit();
        while (rest.hasRemaining()) {
            rest.limit(Math.min(limit, rest.position() + pending.remaining()));
            pending.put(rest);
            rest.limit(limit);
            if (!pending.hasRemaining()) {
                write();
            }
        }
    }

    void flush() throws IOException {
        if (pending.position() > 0) {
            write();
        }
    }

    private void write() throws IOException {
        pending.flip();
        target.write(pending);
        pending.clear();
    }
}
