package io.millrace.group.records;

import java.nio.ByteBuffer;

/** Bytes that nobody changes any more. */
final class FrozenBytes {
    private FrozenBytes() {
    }

    /** Of what is between position and limit, which stay where they are. */
    static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip().asReadOnlyBuffer();
    }
}
