package io.millrace.rest.exchange;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.rest.dialect.RecordListWriter;
import io.millrace.rest.dialect.RequestException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The body of the answer to a poll.
 *
 * @param pieces     of the body, in order
 * @param next       of each partition whose records are in it, the offset after the last of them
 * @param partitions of raw batches: whose they are, as the header says it; else empty
 */
record PolledRecords(List<ByteBuffer> pieces, Map<TopicPartition, Long> next, String partitions) {
    /** Clients and proxies bound their headers. */
    static final int MAX_HEADER_CHARS = 4_000;

    /**
     * One list of the records of all parts, as many as have room. A record that cannot be given in this form ends it; the
     * error comes when it is the first, so that nobody is kept from the rest.
     *
     * @param maxBytes of keys and values
     * @param exact    whether a first record that is larger is an error
     * @param list     has just begun
     * @throws RequestException 406 when the first record cannot be given in this form, 422 when it is too large
     */
    static PolledRecords list(List<FetchAllResult.Part> parts, int maxBytes, boolean exact, RenderedList list) {
        RecordListWriter writer = list.writer();
        Map<TopicPartition, Long> next = new HashMap<>();
        for (FetchAllResult.Part part : parts) {
            if (writer.isFull()) {
                break;
            }
            write(writer, part, next);
        }
        if (exact && writer.contentBytes() > maxBytes) {
            throw RequestException.unprocessable("the response exceeds the maximum number of bytes that the consumer can receive:"
                    + " its next record has " + writer.contentBytes() + " bytes; raise max_bytes, which is " + maxBytes,
                    writer.first());
        }
        return new PolledRecords(list.end(), next, "");
    }

    private static void write(RecordListWriter writer, FetchAllResult.Part part, Map<TopicPartition, Long> next) {
        FetchResult result = part.result();
        try {
            long after = writer.write(part.id().topic(), part.id().partition(), result.batches(), result.offset(),
                    result.nextOffset());
            if (after > result.offset()) {
                next.put(part.id(), after);
            }
        } catch (RequestException cannotBeGiven) {
            if (writer.written() == 0 || cannotBeGiven.record().isEmpty()) { // it is not the record where memory is out
                throw cannotBeGiven;
            }
            if (writer.unwritten() > result.offset()) {
                next.put(part.id(), writer.unwritten());
            }
        }
    }

    /**
     * The batches of all parts as they are stored, as long as the header has room for another, up to the part that reaches
     * {@code maxRecords}.
     */
    static PolledRecords raw(List<FetchAllResult.Part> parts, int maxRecords) {
        StringBuilder header = new StringBuilder();
        List<ByteBuffer> pieces = new ArrayList<>();
        Map<TopicPartition, Long> next = new HashMap<>();
        long records = 0;
        for (FetchAllResult.Part part : parts) {
            FetchResult result = part.result();
            String entry = "%s;%d;%d;%d;%d".formatted(part.id().topic(), part.id().partition(), result.offset(),
                    result.nextOffset(), result.batches().remaining());
            if (records >= maxRecords || !pieces.isEmpty() && header.length() + 1 + entry.length() > MAX_HEADER_CHARS) {
                break;
            }
            header.append(header.isEmpty() ? "" : ",").append(entry);
            pieces.add(result.batches());
            next.put(part.id(), result.nextOffset());
            records += result.nextOffset() - result.offset();
        }
        return new PolledRecords(pieces, next, header.toString());
    }
}
