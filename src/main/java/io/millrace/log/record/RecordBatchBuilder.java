package io.millrace.log.record;

import java.nio.ByteBuffer;
import java.util.List;

/** Writes records straight into the bytes of one batch; base offset 0, to be set at the append. Not thread-safe. */
public final class RecordBatchBuilder {
    public RecordBatchBuilder(Codec codec) {
        throw new UnsupportedOperationException();
    }

    /** Copies key and value (position to limit, either may be null). */
    public void append(long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers) {
        throw new UnsupportedOperationException();
    }

    public int recordCount() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of the batch if it were built now without compression. */
    public int sizeInBytes() {
        throw new UnsupportedOperationException();
    }

    /** Ends the batch; the builder cannot be used afterwards. */
    public ByteBuffer build() {
        throw new UnsupportedOperationException();
    }
}
