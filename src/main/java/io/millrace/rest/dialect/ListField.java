package io.millrace.rest.dialect;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The fields that a list of records may have: the records, and who made them. */
enum ListField {
    RECORDS("records"), PRODUCER_ID("producer_id"), PRODUCER_EPOCH("producer_epoch"), BASE_SEQUENCE("base_sequence");

    /** All of them, for a message. */
    static final String NAMES = Arrays.stream(values()).map(ListField::text).collect(Collectors.joining(", "));

    private static final ListField[] ALL = values();

    private final FieldName name;

    ListField(String text) {
        this.name = new FieldName(text);
    }

    String text() {
        return name.text();
    }

    /** For noting in a set of bits which fields were seen. */
    int bit() {
        return 1 << ordinal();
    }

    /** The field of this name in UTF-8, or null. */
    static ListField named(byte[] name, int from, int to) {
        for (ListField field : ALL) {
            if (field.name.is(name, from, to)) {
                return field;
            }
        }
        return null;
    }
}
