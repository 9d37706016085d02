package io.millrace.rest.dialect;

import io.millrace.record.Record;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/**
 * Renders fetched records as elements of a stream. One that cannot be shown in this format is told as an error in its
 * place, and stepped over. Renders a part of a stream, in one thread.
 */
public final class RecordStreamWriter {
    private final StreamForm form;
    private final RecordWriter records;
    private final long maxBytes;
    private final BodyPieces body;
    private final LongConsumer inflating;
    /** Of each element's id, before the offset. */
    private byte[] place = new byte[0];

    /**
     * @param maxBytes  how much may be written before no more is; one record always has room
     * @param body      takes the part
     * @param inflating told how many bytes of inflated records are held, before they are; may throw
     */
    public RecordStreamWriter(StreamForm form, RecordFormat format, long maxBytes, BodyPieces body, LongConsumer inflating) {
        this.form = form;
        this.records = new RecordWriter(format);
        this.maxBytes = maxBytes;
        this.body = body;
        this.inflating = inflating;
    }

    /**
     * Writes records; control records are markers and left out.
     *
     * @param batches    whole, checked batches in offset order
     * @param from       records with a lower offset are left out
     * @param nextOffset the offset after the last record of the batches
     * @return the offset to go on from: {@code nextOffset} when all were written
     * @throws RequestException when there is no memory; records may have been written
     */
    public long write(String topic, int partition, ByteBuffer batches, long from, long nextOffset) {
        return write(topic, partition, new byte[0], new BatchRecords(batches, from, inflating), nextOffset);
    }

    /** As above, of one of several partitions: ids are as {@link RecordPlace} has them. */
    public long writePlaced(String topic, int partition, ByteBuffer batches, long from, long nextOffset) {
        return write(topic, partition, RecordPlace.beforeOffset(topic, partition), new BatchRecords(batches, from, inflating), nextOffset);
    }

    private long write(String topic, int partition, byte[] of, BatchRecords read, long nextOffset) {
        records.of(topic, partition);
        place = of;
        return read.each(this::append).map(Record::offset).orElse(nextOffset);
    }

    private boolean append(Record record) {
        if (body.size() > 0 && body.size() + RecordWriter.contentBytes(record) > maxBytes) {
            return false;
        }
        ReusedBytes out = body.room(records.expectedBytes(record));
        int before = out.size();
        form.begin(out, place, record.offset());
        int from = out.size();
        try {
            records.put(out, record);
        } catch (RequestException cannotBeGiven) {
            out.truncate(before);
            if (cannotBeGiven.record().isEmpty()) {
                throw cannotBeGiven;
            }
            form.beginError(out, place, record.offset());
            from = out.size();
            new ErrorBody(cannotBeGiven).writeTo(out);
        }
        form.end(out, from);
        return true;
    }
}
