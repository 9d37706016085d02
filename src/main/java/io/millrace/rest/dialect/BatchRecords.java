package io.millrace.rest.dialect;

import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/**
 * The records of batches that were read; control records are markers and left out.
 *
 * @param batches   whole, checked batches in offset order
 * @param from      records with a lower offset are left out: the first batch may begin before what was asked for
 * @param inflating told how many bytes of inflated records are held, before they are; may throw
 */
record BatchRecords(ByteBuffer batches, long from, LongConsumer inflating) {
    /** Gives them to somebody until it takes no more. @return the one that was not taken; empty: all were */
    Optional<Record> each(Predicate<Record> taker) {
        for (RecordBatch batch : RecordBatch.in(batches)) {
            if (batch.lastOffset() < from || batch.isControl()) {
                continue;
            }
            try (RecordIterator records = batch.records(inflating)) {
                records.skipBefore(from);
                while (records.hasNext()) {
                    Record record = records.next();
                    if (record.offset() >= from && !taker.test(record)) {
                        return Optional.of(record);
                    }
                }
            }
        }
        return Optional.empty();
    }
}
