package io.millrace.rest.dialect;

import io.millrace.record.Header;
import io.millrace.record.Record;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Renders single records of a partition as the dialect shows them. JSON content is written as it was stored, after a check that it is
 * JSON.
 */
final class RecordWriter {
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
    private final JsonCursor cursor = new JsonCursor();
    /** Where the record goes that is being written. */
    private ReusedBytes out;
    private String topic;
    private int partition;
    /** What stands before the key and between value and offset, the same for every record of a partition. */
    private byte[] opening;
    private byte[] middle;

    RecordWriter(RecordFormat format) {
        this.format = format;
    }

    /** Whose the records are from now on. */
    void of(String ofTopic, int ofPartition) {
        topic = ofTopic;
        partition = ofPartition;
        opening = opening(topic);
        middle = middle(partition);
    }

    /** Of key and value, in bytes. */
    static long contentBytes(Record record) {
        return (record.key() == null ? 0L : record.key().remaining())
                + (record.value() == null ? 0L : record.value().remaining());
    }

    /** About how long a record becomes, in bytes. */
    long expectedBytes(Record record) {
        long bytes = FRAME_BYTES + opening.length + contentBytes(record) * (format == RecordFormat.BINARY ? 4 : 3) / 3;
        for (Header header : record.headers()) {
            bytes += HEADER_FRAME_BYTES + header.key().length() + (header.value() == null ? 0 : header.value().remaining() * 4L / 3);
        }
        return bytes;
    }

    /** @throws RequestException 406 when its content cannot be given in this format; a part of it was put then */
    void put(ReusedBytes into, Record record) {
        out = into;
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

    RecordPlace place(Record record) {
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
