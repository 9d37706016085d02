package io.millrace.rest.dialect;

import io.millrace.record.Header;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Renders fetched records of one or more partitions as the dialect's JSON array. JSON content is written as it was stored, after a check that it
 * is JSON. Renders one response, in one thread.
 */
public final class RecordListWriter {
    private static final byte[] TOPIC = ascii("{\"topic\":");
    private static final byte[] KEY = ascii(",\"key\":");
    private static final byte[] VALUE = ascii(",\"value\":");
    private static final byte[] PARTITION = ascii(",\"partition\":");
    private static final byte[] OFFSET = ascii(",\"offset\":");
    private static final byte[] TIMESTAMP = ascii(",\"timestamp\":");
    private static final byte[] HEADERS = ascii(",\"headers\":[");
    private static final byte[] HEADER_KEY = ascii("{\"key\":");
    private static final byte[] END = ascii("]}");
    private static final byte[] NULL = ascii("null");

    /** What a record has beside its topic, key, value and headers, about, and what a header has beside its value. */
    private static final int FRAME_BYTES = 160;
    private static final int HEADER_FRAME_BYTES = 32;

    private final RecordFormat format;
    private final ListLimits limits;
    private final BodyPieces body;
    private final LongConsumer inflating;
    /** Where the record goes that is being written. */
    private ReusedBytes out;
    private final JsonCursor cursor = new JsonCursor();
    private String topic;
    private int partition;
    /** What stands before the key and between value and offset, the same for every record of a partition. */
    private byte[] opening;
    private byte[] middle;
    private long contentBytes;
    private int written;
    private RecordPlace first;
    private boolean full;
    private long unwritten;

    /**
     * @param body      takes the array
     * @param inflating told how many bytes of inflated records are held, before they are; may throw
     */
    public RecordListWriter(RecordFormat format, ListLimits limits, BodyPieces body, LongConsumer inflating) {
        this.format = format;
        this.limits = limits;
        this.body = body;
        this.inflating = inflating;
    }

    /** Begins the array. */
    public void open() {
        body.room(1).put((byte) '[');
    }

    /** Ends the array. */
    public void close() {
        body.room(1).put((byte) ']');
    }

    /** Whether no further record has room. */
    public boolean isFull() {
        return full;
    }

    /** How many records were written. */
    public int written() {
        return written;
    }

    /** The first record that was written; null: none was. */
    public RecordPlace first() {
        return first;
    }

    /** Of the keys and values of all records that were written. */
    public long contentBytes() {
        return contentBytes;
    }

    /**
     * Writes a partition's records; control records are markers and left out.
     *
     * @param batches    whole, checked batches in offset order
     * @param from       records with a lower offset are left out: the first batch may begin before what was asked for
     * @param nextOffset the offset after the last record of the batches
     * @return the offset after the last record written; {@code nextOffset} when all were
     * @throws RequestException 406 when a record's content cannot be given in this format: what was written then ends
     *                          before it
     */
    public long write(String ofTopic, int ofPartition, ByteBuffer batches, long from, long nextOffset) {
        topic = ofTopic;
        partition = ofPartition;
        opening = opening(topic);
        middle = middle(partition);
        return writeRecords(batches, from, nextOffset);
    }

    /** Offset of the first record that could not be written, when the last {@link #write} threw; else not of use. */
    public long unwritten() {
        return unwritten;
    }

    private long writeRecords(ByteBuffer batches, long from, long nextOffset) {
        for (RecordBatch batch : RecordBatch.in(batches)) {
            if (batch.lastOffset() < from || batch.isControl()) {
                continue;
            }
            try (RecordIterator records = batch.records(inflating)) {
                records.skipBefore(from);
                while (records.hasNext()) {
                    Record record = records.next();
                    if (record.offset() >= from && !append(record)) {
                        full = true;
                        return record.offset();
                    }
                }
            }
        }
        return nextOffset;
    }

    private boolean mayFit(Record record) {
        long content = contentBytes(record);
        return written == 0 || written < limits.maxRecords() && contentBytes + content <= limits.maxContentBytes()
                && body.size() + content <= limits.maxBodyBytes();
    }

    private static long contentBytes(Record record) {
        return (record.key() == null ? 0L : record.key().remaining())
                + (record.value() == null ? 0L : record.value().remaining());
    }

    /** @return false: it has no room, and the list is as it was */
    private boolean append(Record record) {
        if (!mayFit(record)) {
            return false;
        }
        out = body.room(expectedBytes(record));
        int before = out.size();
        try {
            put(record);
        } catch (RequestException cannotBeGiven) {
            unwritten = record.offset();
            out.truncate(before);
            throw cannotBeGiven;
        }
        if (written > 0 && body.size() + 1 > limits.maxBodyBytes()) { // with the end of the array
            out.truncate(before);
            return false;
        }
        contentBytes += contentBytes(record);
        first = first == null ? place(record) : first;
        written++;
        return true;
    }

    private long expectedBytes(Record record) {
        long bytes = FRAME_BYTES + opening.length + contentBytes(record) * (format == RecordFormat.BINARY ? 4 : 3) / 3;
        for (Header header : record.headers()) {
            bytes += HEADER_FRAME_BYTES + header.key().length() + (header.value() == null ? 0 : header.value().remaining() * 4L / 3);
        }
        return bytes;
    }

    private void put(Record record) {
        if (written > 0) {
            out.put((byte) ',');
        }
        out.put(opening);
        content(record, record.key(), "key");
        out.put(VALUE);
        content(record, record.value(), "value");
        out.put(middle);
        out.putDecimal(record.offset());
        out.put(TIMESTAMP);
        out.putDecimal(record.timestamp());
        out.put(HEADERS);
        headers(record.headers());
        out.put(END);
    }

    private void content(Record record, ByteBuffer content, String part) {
        if (content == null) {
            out.put(NULL);
            return;
        }
        byte[] bytes = bytes(content);
        int from = start(content);
        int to = from + content.remaining();
        boolean done = switch (format) {
            case JSON -> json(bytes, from, to);
            case BINARY -> base64(bytes, from, to);
            case TEXT -> JsonText.utf8String(out, bytes, from, to);
        };
        if (!done) {
            throw RequestException.notAcceptable(("the %s of the record at offset %d of %s-%d is not %s; fetch it as %s, or go on"
                    + " from offset %d").formatted(part, record.offset(), topic, partition,
                            format == RecordFormat.JSON ? "JSON" : "UTF-8 text", MediaTypes.BINARY_RECORDS, record.offset() + 1),
                    place(record));
        }
    }

    private RecordPlace place(Record record) {
        return new RecordPlace(topic, partition, record.offset());
    }

    private boolean json(byte[] bytes, int from, int to) {
        if (!cursor.isValue(bytes, from, to)) {
            return false;
        }
        out.put(bytes, from, to - from);
        return true;
    }

    private boolean base64(byte[] bytes, int from, int to) {
        out.put((byte) '"');
        Base64Text.encode(out, bytes, from, to);
        out.put((byte) '"');
        return true;
    }

    private void headers(List<Header> headers) {
        for (int i = 0; i < headers.size(); i++) {
            Header header = headers.get(i);
            if (i > 0) {
                out.put((byte) ',');
            }
            out.put(HEADER_KEY);
            JsonText.string(out, header.key());
            out.put(VALUE);
            if (header.value() == null) {
                out.put(NULL);
            } else {
                int from = start(header.value());
                base64(bytes(header.value()), from, from + header.value().remaining());
            }
            out.put((byte) '}');
        }
    }

    private static byte[] bytes(ByteBuffer content) {
        if (content.hasArray()) {
            return content.array();
        }
        byte[] copy = new byte[content.remaining()];
        content.get(content.position(), copy);
        return copy;
    }

    private static int start(ByteBuffer content) {
        return content.hasArray() ? content.arrayOffset() + content.position() : 0;
    }

    private static byte[] opening(String topic) {
        ReusedBytes bytes = new ReusedBytes(64 + topic.length());
        bytes.put(TOPIC);
        JsonText.string(bytes, topic);
        bytes.put(KEY);
        return bytes.toByteArray();
    }

    private static byte[] middle(int partition) {
        ReusedBytes bytes = new ReusedBytes(64);
        bytes.put(PARTITION);
        bytes.putDecimal(partition);
        bytes.put(OFFSET);
        return bytes.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
