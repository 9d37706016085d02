package io.millrace.rest.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The fields that a record of a list may have. */
enum RecordField {
    VALUE("value"), KEY("key"), PARTITION("partition"), TIMESTAMP("timestamp"), HEADERS("headers");

    private static final RecordField[] ALL = values();

    private final String text;
    private final byte[] ascii;

    RecordField(String text) {
        this.text = text;
        this.ascii = text.getBytes(StandardCharsets.US_ASCII);
    }

    String text() {
        return text;
    }

    /** For noting in a set of bits which fields were seen. */
    int bit() {
        return 1 << ordinal();
    }

    /** The field of this name in UTF-8, or null. */
    static RecordField named(byte[] name, int from, int to) {
        for (RecordField field : ALL) {
            if (Arrays.equals(field.ascii, 0, field.ascii.length, name, from, to)) {
                return field;
            }
        }
        return null;
    }
}
