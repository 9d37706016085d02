package io.millrace.rest.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.log.record.Header;
import java.io.IOException;
import java.nio.ByteBuffer;
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

        InvalidHeader(int index, String message) {
            super("headers[" + index + "]: " + message, null, false, false);
        }
    }

    private final GrowingBytes decoded = new GrowingBytes(64);

    List<Header> read(JsonParser parser) throws IOException, InvalidHeader, RecordContentReader.UnusableContent {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new InvalidHeader(0, "\"headers\" must be an array");
        }
        List<Header> headers = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            headers.add(readHeader(parser, headers.size()));
        }
        return headers;
    }

    private Header readHeader(JsonParser parser, int index)
            throws IOException, InvalidHeader, RecordContentReader.UnusableContent {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new InvalidHeader(index, "must be an object");
        }
        String key = null;
        ByteBuffer value = null;
        boolean hasValue = false;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            if (name.equals("key")) {
                if (key != null || token != JsonToken.VALUE_STRING) {
                    throw new InvalidHeader(index, "\"key\" must be one string");
                }
                key = parser.getText();
            } else if (name.equals("value")) {
                if (hasValue || token != JsonToken.VALUE_STRING && token != JsonToken.VALUE_NULL) {
                    throw new InvalidHeader(index, "\"value\" must be one base64 string");
                }
                hasValue = true;
                value = token == JsonToken.VALUE_NULL ? null : decode(parser, index);
            } else {
                parser.skipChildren();
            }
        }
        if (key == null || !hasValue) {
            throw new InvalidHeader(index, "\"key\" and \"value\" must both be there");
        }
        return new Header(key, value);
    }

    private ByteBuffer decode(JsonParser parser, int index) throws IOException, RecordContentReader.UnusableContent {
        char[] chars = parser.getTextCharacters();
        int from = parser.getTextOffset();
        decoded.clear();
        if (!Base64Text.decode(decoded, chars, from, from + parser.getTextLength())) {
            throw new RecordContentReader.UnusableContent("the value of header " + index + " is not base64");
        }
        return ByteBuffer.wrap(decoded.toByteArray());
    }
}
