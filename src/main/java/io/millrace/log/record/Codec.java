package io.millrace.log.record;

/** How the records of a batch are compressed; the id is the low three bits of the batch's attributes. */
public enum Codec {
    NONE(0), GZIP(1), SNAPPY(2), LZ4(3), ZSTD(4);

    private final int id;

    Codec(int id) {
        this.id = id;
    }

    public int id() {
        return id;
    }
}
