package io.millrace.rest.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The name of a JSON field, in ASCII, to be compared with bytes of a body. */
final class FieldName {
    private final String text;
    private final byte[] ascii;

    FieldName(String text) {
        this.text = text;
        this.ascii = text.getBytes(StandardCharsets.US_ASCII);
    }

    String text() {
        return text;
    }

    boolean is(byte[] bytes, int from, int to) {
        return Arrays.equals(ascii, 0, ascii.length, bytes, from, to);
    }
}
