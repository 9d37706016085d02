package io.millrace.log.record;

import java.nio.ByteBuffer;
import java.util.Iterator;

/** A view over the bytes of one record batch v2; copies nothing. Not thread-safe. */
public final class RecordBatch {
    /** Bytes before the records begin. */
    public static final int HEADER_BYTES = 61;

    private RecordBatch() {
    }

    /** The batch that begins at the buffer's position; needs at least {@link #HEADER_BYTES} bytes and its whole length. */
    public static RecordBatch at(ByteBuffer buffer) {
        throw new UnsupportedOperationException();
    }

    /** The batches of a buffer (position to limit), in order; a cut-off batch at the end is left out. */
    public static Iterable<RecordBatch> in(ByteBuffer buffer) {
        throw new UnsupportedOperationException();
    }

    public long baseOffset() {
        throw new UnsupportedOperationException();
    }

    /** base offset + last offset delta. */
    public long lastOffset() {
        throw new UnsupportedOperationException();
    }

    /** All bytes of the batch, header included. */
    public int sizeInBytes() {
        throw new UnsupportedOperationException();
    }

    public int recordCount() {
        throw new UnsupportedOperationException();
    }

    public long maxTimestamp() {
        throw new UnsupportedOperationException();
    }

    public boolean checksumMatches() {
        throw new UnsupportedOperationException();
    }

    /** Decodes, and decompresses where needed, one record after the other. */
    public Iterator<Record> records() {
        throw new UnsupportedOperationException();
    }
}
