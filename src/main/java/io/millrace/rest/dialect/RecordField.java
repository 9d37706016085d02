package io.millrace.rest.dialect;

/** The fields that a record of a list may have. */
enum RecordField {
    VALUE("value"), KEY("key"), PARTITION("partition"), TIMESTAMP("timestamp"), HEADERS("headers");

    private static final RecordField[] ALL = values();

    private final FieldName name;

    RecordField(String text) {
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
    static RecordField named(byte[] name, int from, int to) {
        for (RecordField field : ALL) {
            if (field.name.is(name, from, to)) {
                return field;
            }
        }
        return null;
    }
}
