package io.millrace.rest.exchange;

import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.dialect.BodyPieces;
import io.millrace.rest.dialect.ListLimits;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RecordListWriter;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A list of records that is being rendered, with its memory: at any time that of the batches that were read, of what is
 * inflated of them at once, and of the pieces of the list. Used by one thread.
 */
final class RenderedList {
    private final MemoryBudget.Reservation memory;
    private final long read;
    private final BodyPieces body;
    private final RecordListWriter writer;
    private long bodyBytes;
    private long inflated;

    /**
     * Begins the list.
     *
     * @param memory holds the batches that were read, and nothing else
     */
    RenderedList(RecordFormat format, ListLimits limits, MemoryBudget.Reservation memory) {
        this.memory = memory;
        this.read = memory.held();
        this.body = new BodyPieces(2 * read, bytes -> hold(bytes, inflated));
        this.writer = new RecordListWriter(format, limits, body, bytes -> hold(bodyBytes, bytes));
        writer.open();
    }

    private void hold(long ofBody, long ofInflated) {
        memory.resize(read + ofBody + ofInflated);
        bodyBytes = ofBody;
        inflated = ofInflated;
    }

    RecordListWriter writer() {
        return writer;
    }

    /** Ends the list. */
    List<ByteBuffer> end() {
        writer.close();
        return body.pieces();
    }

    /** The batches are let go of: from now on the memory is that of the list alone. */
    void releaseRead() {
        memory.resize(body.capacity());
    }
}
