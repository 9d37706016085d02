package io.millrace.transaction.idempotency;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerException;

/** Where the records of a request went, all of them, as it was kept. */
final class KeptAnswer implements ProduceResult {
    private final Layout layout;
    private final int[] slots;
    private final long[] offsets;

    /** @param baseOffsets of the first record in each partition of the layout, by slot; the others follow it */
    KeptAnswer(Layout layout, long[] baseOffsets) {
        this.layout = layout;
        this.slots = layout.slots();
        this.offsets = new long[slots.length];
        long[] next = baseOffsets.clone();
        for (int record = 0; record < slots.length; record++) {
            offsets[record] = next[slots[record]]++;
        }
    }

    @Override
    public int recordCount() {
        return slots.length;
    }

    @Override
    public int partition(int record) {
        return layout.partition(slots[record]);
    }

    @Override
    public long offset(int record) {
        return offsets[record];
    }

    @Override
    public BrokerException error(int record) {
        return null;
    }
}
