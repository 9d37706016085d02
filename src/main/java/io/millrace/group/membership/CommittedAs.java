package io.millrace.group.membership;

/** Which offsets a consumer commits when it names them: the field's dialects differ in that. What is stored is always the next. */
public enum CommittedAs {
    /** Of the next record to read. */
    NEXT,
    /** Of the last record that was consumed: the next one is behind it. */
    CONSUMED;

    /** The offset of the next record to read. @param offset that the consumer names, 0 or more */
    public long next(long offset) {
        return this == NEXT || offset == Long.MAX_VALUE ? offset : offset + 1;
    }
}
