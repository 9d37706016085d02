package io.millrace.rest.stream;

import io.millrace.replica.hosting.FetchResult;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.dialect.BodyPieces;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RecordStreamWriter;
import io.millrace.rest.dialect.StreamForm;
import java.nio.ByteBuffer;
import java.util.List;

/** A part of a stream that is being rendered, with its memory: of what was read, of what is inflated of it, and of the part. */
final class StreamedPart {
    private final MemoryBudget.Reservation memory;
    private final long read;
    private final BodyPieces body;
    private final RecordStreamWriter writer;
    private long bodyBytes;
    private long inflated;

    /**
     * @param maxBytes how large it may become, in bytes; one record always has room
     * @param memory   holds the batches that were read, and nothing else
     */
    StreamedPart(StreamForm form, RecordFormat format, long maxBytes, MemoryBudget.Reservation memory) {
        this.memory = memory;
        this.read = memory.held();
        this.body = new BodyPieces(2 * read, bytes -> hold(bytes, inflated));
        this.writer = new RecordStreamWriter(form, format, maxBytes, body, bytes -> hold(bodyBytes, bytes));
    }

    private void hold(long ofBody, long ofInflated) {
        memory.resize(read + ofBody + ofInflated);
        bodyBytes = ofBody;
        inflated = ofInflated;
    }

    /** @return the offset to go on from */
    long write(String topic, int partition, FetchResult result) {
        return writer.write(topic, partition, result.batches(), result.offset(), result.nextOffset());
    }

    /** As above, of one of several partitions: ids say which. */
    long writePlaced(String topic, int partition, FetchResult result) {
        return writer.writePlaced(topic, partition, result.batches(), result.offset(), result.nextOffset());
    }

    /** What was written, of which the memory is held from now on, and of nothing else. */
    List<ByteBuffer> end() {
        memory.resize(body.capacity());
        return body.pieces();
    }

    boolean isEmpty() {
        return body.size() == 0;
    }
}
