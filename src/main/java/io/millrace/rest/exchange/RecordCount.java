package io.millrace.rest.exchange;

import io.millrace.record.InvalidBatchException;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;

/** How many records batches hold, as far as their headers can be believed, which nobody has looked at yet. */
final class RecordCount {
    private RecordCount() {
    }

    static long in(ByteBuffer batches) {
        long count = 0;
        int at = batches.position();
        while (batches.limit() - at >= RecordBatch.HEADER_BYTES) {
            int size;
            try {
                size = RecordBatch.sizeInBytesAt(batches, at);
            } catch (InvalidBatchException refusedLater) {
                return count;
            }
            int records = RecordBatch.recordCountAt(batches, at);
            if (size > batches.limit() - at || records < 0) {
                return count;
            }
            count += records;
            at += size;
        }
        return count;
    }
}
