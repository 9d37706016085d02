package io.millrace.record;

/** How an idempotent producer counts its records in a partition (KIP-98): from 0 to 2^31 - 1, after which comes 0. */
public final class Sequences {
    private Sequences() {
    }

    /** The one that comes so many records after another. */
    public static int after(int sequence, long records) {
        return (int) (sequence + records & Integer.MAX_VALUE);
    }

    /** The one that comes after a batch's last record. */
    public static int after(RecordBatch batch) {
        return after(batch.baseSequence(), batch.lastOffsetDelta() + 1L);
    }
}
