package io.millrace.rest.dialect;

import io.millrace.record.Header;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a record's headers, {@code [{"key":"k","value":"base64"},..]}. The contract lets a header have further fields;
 * they are passed over. A null value is taken, because records that came as batches may have such headers.
 */
final class HeaderListReader {
    /** Not of the contract's shape. */
    static final class InvalidHeader extends Exception {
        private static final long serialVersionUID = 1L;

        InvalidHeader(String message) {
            super(message, null, false, false);
        }
    }

    private final RecordContent text = new RecordContent(RecordFormat.TEXT);
    private final RecordContent base64 = new RecordContent(RecordFormat.BINARY);

    List<Header> read(JsonCursor cursor) throws InvalidHeader, RecordContent.UnusableContent {
        if (!cursor.take('[')) {
            throw new InvalidHeader("\"headers\" must be an array");
        }
        List<Header> headers = new ArrayList<>();
        if (cursor.take(']')) {
            return headers;
        }
        do {
            headers.add(readHeader(cursor, headers.size()));
        } while (cursor.take(','));
        cursor.expect(']');
        return headers;
    }

    private Header readHeader(JsonCursor cursor, int index) throws InvalidHeader, RecordContent.UnusableContent {
        if (!cursor.take('{')) {
            throw new InvalidHeader("headers[" + index + "] must be an object");
        }
        String key = null;
        ByteBuffer value = null;
        boolean hasValue = false;
        if (!cursor.take('}')) {
            do {
                String name = string(cursor);
                cursor.expect(':');
                boolean string = cursor.peek() == '"';
                if (name.equals("key")) {
                    check(key == null && string, index, "\"key\" must be one string");
                    key = string(cursor);
                } else if (name.equals("value")) {
                    check(!hasValue && (string || cursor.peek() == 'n'), index, "\"value\" must be one base64 string");
                    hasValue = true;
                    value = copy(base64.read(cursor));
                } else {
                    cursor.value();
                }
            } while (cursor.take(','));
            cursor.expect('}');
        }
        check(key != null && hasValue, index, "\"key\" and \"value\" must both be there");
        return new Header(key, value);
    }

    private String string(JsonCursor cursor) throws RecordContent.UnusableContent {
        if (cursor.peek() != '"') {
            throw cursor.unexpected("a string");
        }
        return StandardCharsets.UTF_8.decode(text.read(cursor)).toString();
    }

    private static void check(boolean right, int index, String otherwise) throws InvalidHeader {
        if (!right) {
            throw new InvalidHeader("headers[" + index + "]: " + otherwise);
        }
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return bytes == null ? null : ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    }
}
