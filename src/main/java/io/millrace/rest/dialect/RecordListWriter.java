package io.millrace.rest.dialect;

import io.millrace.record.Record;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/**
 * Renders fetched records of one or more partitions as the dialect's JSON array. JSON content is written as it was stored, after a check that it
 * is JSON. Renders one response, in one thread.
 */
public final class RecordListWriter {
    private final RecordWriter records;
    private final ListLimits limits;
    private final BodyPieces body;
    private final LongConsumer inflating;
    private long contentBytes;
    private int written;
    private RecordPlace first;
    private boolean full;
    private long unwritten;

    /**
     * @param body      takes the array
     * @param inflating told how many bytes of inflated records are held, before they are; may throw
     */
    public RecordListWriter(RecordFormat format, ListLimits limits, BodyPieces body, LongConsumer inflating) {
        this.records = new RecordWriter(format);
        this.limits = limits;
        this.body = body;
        this.inflating = inflating;
    }

    /** Begins the array. */
    public void open() {
        body.room(1).put((byte) '[');
    }

    /** Ends the array. */
    public void close() {
        body.room(1).put((byte) ']');
    }

    /** Whether no further record has room. */
    public boolean isFull() {
        return full;
    }

    /** How many records were written. */
    public int written() {
        return written;
    }

    /** The first record that was written; null: none was. */
    public RecordPlace first() {
        return first;
    }

    /** Of the keys and values of all records that were written. */
    public long contentBytes() {
        return contentBytes;
    }

    /**
     * Writes a partition's records; control records are markers and left out.
     *
     * @param batches    whole, checked batches in offset order
     * @param from       records with a lower offset are left out: the first batch may begin before what was asked for
     * @param nextOffset the offset after the last record of the batches
     * @return the offset after the last record written; {@code nextOffset} when all were
     * @throws RequestException 406 when a record's content cannot be given in this format: what was written then ends
     *                          before it
     */
    public long write(String ofTopic, int ofPartition, ByteBuffer batches, long from, long nextOffset) {
        records.of(ofTopic, ofPartition);
        BatchRecords wanted = new BatchRecords(batches, from, inflating);
        return wanted.each(this::append).map(Record::offset).orElse(nextOffset);
    }

    /** Offset of the first record that could not be written, when the last {@link #write} threw; else not of use. */
    public long unwritten() {
        return unwritten;
    }

    private boolean mayFit(Record record) {
        long content = RecordWriter.contentBytes(record);
        return written == 0 || written < limits.maxRecords() && contentBytes + content <= limits.maxContentBytes()
                && body.size() + content <= limits.maxBodyBytes();
    }

    /** @return false: it has no room, and the list is as it was */
    private boolean append(Record record) {
        if (!mayFit(record)) {
            full = true;
            return false;
        }
        ReusedBytes out = body.room(records.expectedBytes(record));
        int before = out.size();
        try {
            if (written > 0) {
                out.put((byte) ',');
            }
            records.put(out, record);
        } catch (RequestException cannotBeGiven) {
            unwritten = record.offset();
            out.truncate(before);
            throw cannotBeGiven;
        }
        if (written > 0 && body.size() + 1 > limits.maxBodyBytes()) { // with the end of the array
            out.truncate(before);
            full = true;
            return false;
        }
        contentBytes += RecordWriter.contentBytes(record);
        first = first == null ? records.place(record) : first;
        written++;
        return true;
    }
}
