package io.millrace.broker;

import io.millrace.log.CorruptLogException;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import java.nio.ByteBuffer;
import java.util.TreeMap;

/** What is in a log on a simulated disk. */
record SimulatedLog(PartitionLog log) {
    /** In the place of a value that cannot be read. */
    static final String DAMAGED = "(damaged)";

    /** In the place of a tombstone that says nothing. */
    private static final String TOMBSTONE = "(none)";

    private static final int MOST_BYTES = 1 << 20;

    long startOffset() {
        return log.logStartOffset();
    }

    long endOffset() {
        return log.logEndOffset();
    }

    /** The value of the record at an offset, or null. */
    String valueAt(long offset) {
        return offset < startOffset() || offset >= endOffset() ? null : values(offset, endOffset()).get(offset);
    }

    /** By offset, of a tombstone what its header says, from one that is at or above the log's start to one that is at or below its end. */
    TreeMap<Long, String> values(long from, long to) {
        TreeMap<Long, String> values = new TreeMap<>();
        long offset = from;
        while (offset < to) {
            try {
                ByteBuffer found = log.read(offset, to, MOST_BYTES);
                for (RecordBatch batch : RecordBatch.in(found)) {
                    for (RecordIterator records = batch.records(); records.hasNext(); ) {
                        Record record = records.next();
                        if (record.offset() >= from && record.offset() < to) {
                            values.put(record.offset(), value(record));
                        }
                    }
                    offset = batch.lastOffset() + 1;
                }
                if (!found.hasRemaining()) {
                    return values;
                }
            } catch (CorruptLogException damage) {
                values.put(offset, DAMAGED);
                offset++;
            }
        }
        return values;
    }

    private static String value(Record record) {
        return record.value() != null ? BrokerHarness.text(record.value())
                : record.headers().isEmpty() ? TOMBSTONE : BrokerHarness.text(record.headers().get(0).value());
    }
}
