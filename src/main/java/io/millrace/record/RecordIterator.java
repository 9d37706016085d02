package io.millrace.record;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.LongConsumer;

/**
 * The records of one batch, one after the other; of a compressed batch, no more than a piece is held. Closes itself
 * after the last record and when it throws; one that is given up before is to be closed. Not thread-safe.
 */
public final class RecordIterator implements Iterator<Record>, AutoCloseable {
    private final RecordCursor cursor;
    private final long baseOffset;
    private final long logAppendTime;
    private final boolean ownTimestamps;
    private final long lastOffset;
    private int left;

    RecordIterator(RecordBatch batch, long maxUncompressedBytes, LongConsumer inflating) {
        this.left = batch.recordCount();
        if (left < 0) {
            throw new InvalidBatchException("record count: found " + left + ", allowed 0 and above");
        }
        this.baseOffset = batch.baseOffset();
        this.lastOffset = batch.lastOffset();
        this.ownTimestamps = batch.timestampType() == TimestampType.CREATE_TIME;
        this.logAppendTime = batch.maxTimestamp();
        this.cursor = new RecordCursor(batch, maxUncompressedBytes, inflating);
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

    /**
     * Passes records whose offsets are certainly lower, without making them: all but the last that are so when no offset is
     * missing in the batch, fewer else.
     *
     * @throws InvalidBatchException  when a record is damaged
     * @throws BatchTooLargeException when the bound for the uncompressed bytes is passed
     */
    public void skipBefore(long offset) {
        try {
            // Offsets grow with every record, so those that follow bound the next one's.
            while (left > 1 && lastOffset - (left - 1) < offset) {
                cursor.skip();
                left--;
            }
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
