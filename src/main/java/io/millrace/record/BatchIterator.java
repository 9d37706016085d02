package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The batches of a buffer, one after the other; a cut-off batch at the end is left out. */
final class BatchIterator implements Iterator<RecordBatch> {
    private final ByteBuffer rest;

    /** @param rest position to limit, which are this iterator's */
    BatchIterator(ByteBuffer rest) {
        this.rest = rest;
    }

    @Override
    public boolean hasNext() {
        return rest.remaining() >= RecordBatch.HEADER_BYTES
            && RecordBatch.sizeInBytesAt(rest, rest.position()) <= rest.remaining();
    }

    @Override
    public RecordBatch next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no further whole batch");
        }
        RecordBatch batch = RecordBatch.at(rest);
        rest.position(rest.position() + batch.sizeInBytes());
        return batch;
    }
}
