package io.millrace.rest.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;

/** Turns the JSON value of a record's key or value into the bytes that are stored, by the list's format. */
final class RecordContentReader {
    /** Well-formed, but not what the format carries. */
    static final class UnusableContent extends Exception {
        private static final long serialVersionUID = 1L;

        UnusableContent(String message) {
            super(message, null, false, false);
        }
    }

    /** A string longer than any record may be. */
    static final class ContentTooLong extends Exception {
        private static final long serialVersionUID = 1L;

        ContentTooLong(Throwable cause) {
            super(null, cause, false, false);
        }
    }

    private final RecordFormat format;

    RecordContentReader(RecordFormat format) {
        this.format = format;
    }

    /**
     * Reads the value at which the parser stands, to its end.
     *
     * @return false for null, which puts nothing
     */
    boolean read(JsonParser parser, GrowingBytes out) throws IOException, UnusableContent, ContentTooLong {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            return false;
        }
        if (format == RecordFormat.JSON) {
            copyJson(parser, out);
            return true;
        }
        if (token != JsonToken.VALUE_STRING) {
            throw new UnusableContent("in the " + (format == RecordFormat.TEXT ? "text" : "binary")
                    + " format this must be a string or null; send other JSON as " + MediaTypes.JSON_RECORDS);
        }
        char[] chars = text(parser);
        int from = parser.getTextOffset();
        int to = from + parser.getTextLength();
        if (format == RecordFormat.TEXT) {
            if (!Utf8.encode(out, chars, from, to)) {
                throw new UnusableContent("a lone surrogate cannot be stored as UTF-8");
            }
        } else if (!Base64Text.decode(out, chars, from, to)) {
            throw new UnusableContent("this is not base64 (RFC 4648, section 4: A-Z a-z 0-9 + / and padding by =)");
        }
        return true;
    }

    /** Copies token by token, so that space goes and numbers stay as they were written. */
    private static void copyJson(JsonParser parser, GrowingBytes out) throws IOException, ContentTooLong {
        int depth = 0;
        boolean comma = false;
        JsonToken token = parser.currentToken();
        while (true) {
            if (comma && !token.isStructEnd()) {
                out.put((byte) ',');
            }
            comma = true;
            switch (token) {
                case START_OBJECT, START_ARRAY -> {
                    out.put((byte) token.asCharArray()[0]);
                    depth++;
                    comma = false;
                }
                case END_OBJECT, END_ARRAY -> {
                    out.put((byte) token.asCharArray()[0]);
                    depth--;
                }
                case FIELD_NAME -> {
                    JsonText.string(out, parser.currentName());
                    out.put((byte) ':');
                    comma = false;
                }
                case VALUE_STRING -> {
                    char[] chars = text(parser);
                    int from = parser.getTextOffset();
                    JsonText.string(out, chars, from, from + parser.getTextLength());
                }
                default -> putAscii(parser, out);
            }
            if (depth == 0) {
                return;
            }
            token = parser.nextToken();
        }
    }

    private static char[] text(JsonParser parser) throws IOException, ContentTooLong {
        try {
            return parser.getTextCharacters();
        } catch (StreamConstraintsException e) {
            throw new ContentTooLong(e);
        }
    }

    /** Numbers and the words true, false, null. */
    private static void putAscii(JsonParser parser, GrowingBytes out) throws IOException {
        char[] chars = parser.getTextCharacters();
        int from = parser.getTextOffset();
        Utf8.encode(out, chars, from, from + parser.getTextLength());
    }
}
