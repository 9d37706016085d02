package io.millrace.rest.dialect;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The bytes to store of a record's key or value, by the list's format: where they can be taken as they stand in the
 * body they are not copied. Reused for every record of a list; the buffer it gives holds until it reads the next.
 */
final class RecordContent {
    /** Well-formed JSON, but not what the format carries. */
    static final class UnusableContent extends Exception {
        private static final long serialVersionUID = 1L;

        UnusableContent(String message) {
            super(message, null, false, false);
        }
    }

    private static final byte[] NULL = {'n', 'u', 'l', 'l'};

    private final RecordFormat format;
    private final ReusedBytes unescaped = new ReusedBytes(0);
    private final ReusedBytes converted = new ReusedBytes(64);
    private ByteBuffer body;

    RecordContent(RecordFormat format) {
        this.format = format;
    }

    /** Passes the value before which the cursor stands. @return what to store, or null for null */
    ByteBuffer read(JsonCursor cursor) throws UnusableContent {
        boolean string = cursor.peek() == '"';
        int from = cursor.at();
        boolean compact = cursor.value();
        int to = cursor.at();
        byte[] bytes = cursor.bytes();
        if (Arrays.equals(bytes, from, to, NULL, 0, NULL.length)) {
            return null;
        }
        if (format == RecordFormat.JSON) {
            return json(bytes, from, to, compact);
        }
        if (!string) {
            throw new UnusableContent("in the " + (format == RecordFormat.TEXT ? "text" : "binary")
                    + " format this must be a string or null; send other JSON as " + MediaTypes.JSON_RECORDS);
        }
        return format == RecordFormat.TEXT ? text(cursor) : binary(cursor);
    }

    private ByteBuffer json(byte[] bytes, int from, int to, boolean compact) {
        if (compact) {
            return inBody(bytes, from, to);
        }
        converted.clear();
        JsonEscapes.putCompact(converted, bytes, from, to);
        return converted.view();
    }

    private ByteBuffer text(JsonCursor cursor) throws UnusableContent {
        if (!cursor.stringIsEscaped()) {
            return inBody(cursor.bytes(), cursor.stringFrom(), cursor.stringTo());
        }
        return unescaped(cursor).view();
    }

    private ByteBuffer binary(JsonCursor cursor) throws UnusableContent {
        byte[] text = cursor.bytes();
        int from = cursor.stringFrom();
        int to = cursor.stringTo();
        if (cursor.stringIsEscaped()) {
            to = unescaped(cursor).size();
            from = 0;
            text = unescaped.array;
        }
        converted.clear();
        if (!Base64Text.decode(converted, text, from, to)) {
            throw new UnusableContent("this is not base64 (RFC 4648, section 4: A-Z a-z 0-9 + / and padding by =)");
        }
        return converted.view();
    }

    private ReusedBytes unescaped(JsonCursor cursor) throws UnusableContent {
        unescaped.clear();
        if (!JsonEscapes.putText(unescaped, cursor.bytes(), cursor.stringFrom(), cursor.stringTo())) {
            throw new UnusableContent("a lone surrogate cannot be stored as UTF-8");
        }
        return unescaped;
    }

    private ByteBuffer inBody(byte[] bytes, int from, int to) {
        if (body == null || body.array() != bytes) {
            body = ByteBuffer.wrap(bytes);
        }
        return body.limit(to).position(from);
    }
}
