package io.millrace.log.record;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The records of one batch, one after the other; of a compressed batch, no more than a piece is held. Closes itself
 * after the last record and when it throws; one that is given up before is to be closed. Not thread-safe.
 */
public final class RecordIterator implements Iterator<Record>, AutoCloseable {
    private final RecordCursor cursor;
    private final long baseOffset;
    private final long logAppendTime;
    private final boolean ownTimestamps;
    private int left;

    RecordIterator(RecordBatch batch, long maxUncompressedBytes) {
        this.left = batch.recordCount();
        if (left < 0) {
            throw new InvalidBatchException("record count: found " + left + ", allowed 0 and above");
        }
        this.baseOffset = batch.baseOffset();
        this.ownTimestamps = batch.timestampType() == TimestampType.CREATE_TIME;
        this.logAppendTime = batch.maxTimestamp();
        this.cursor = new RecordCursor(batch, maxUncompressedBytes);
    }

    @Override
    public boolean hasNext() {
        return left > 0;
    }

    /**
     * @throws InvalidBatchException  when the record is damaged, or something follows the last one
     * @throws BatchTooLargeException when the bound for the uncompressed bytes is passed
     */
    @Override
    public Record next() {
        if (left == 0) {
            throw new NoSuchElementException("no further record");
        }
        try {
            cursor.load();
            Record result = new Record(baseOffset + cursor.offsetDelta(),
                ownTimestamps ? cursor.timestamp() : logAppendTime, cursor.key(), cursor.value(), cursor.headers());
            if (--left == 0) {
                cursor.end();
                cursor.close();
            }
            return result;
        } catch (InvalidBatchException | BatchTooLargeException e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() {
        left = 0;
        cursor.close();
    }
}
