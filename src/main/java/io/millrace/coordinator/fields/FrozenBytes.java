package io.millrace.coordinator.fields;

import java.nio.ByteBuffer;

/** Bytes that nobody changes any more. */
public final class FrozenBytes {
    private FrozenBytes() {
    }

    /** Of what is between position and limit, which stay where they are. */
    public static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip().asReadOnlyBuffer();
    }
}
