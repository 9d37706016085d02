package io.millrace.broker.produce;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.Header;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What one request brings for one partition: whole batches, none larger than the topic allows before compression. */
public final class PartitionBatches {
    /** Bytes around a record's key, value and headers: never more than this. */
    private static final int RECORD_OVERHEAD = 40;
    private static final int HEADER_OVERHEAD = 10;
    private static final int MAX_UTF8_BYTES_PER_CHAR = 3;

    private final int slot;
    private final int partition;
    private final Codec codec;
    private final int maxBatchBytes;
    private final List<ByteBuffer> ended = new ArrayList<>(1);
    private RecordBatchBuilder open;
    private int recordCount;
    /** Whether the producer says which sequences they have. */
    private boolean counted;

    /** @param slot index among the partitions of the request */
    PartitionBatches(int slot, int partition, Codec codec, int maxBatchBytes) {
        this.slot = slot;
        this.partition = partition;
        this.codec = codec;
        this.maxBatchBytes = maxBatchBytes;
        this.open = new RecordBatchBuilder(codec);
    }

    /** @throws BrokerException RECORD_TOO_LARGE */
    void append(int record, long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers) {
        // The exact size costs a second walk over the headers: only where a bound of it does not fit.
        if (open.sizeInBytes() + sizeBound(key, value, headers) > maxBatchBytes) {
            if (open.recordCount() > 0 && open.sizeInBytesWith(timestamp, key, value, headers) > maxBatchBytes) {
                ended.add(open.build());
                open = new RecordBatchBuilder(codec);
            }
            checkFits(record, open.sizeInBytesWith(timestamp, key, value, headers));
        }
        open.append(timestamp, key, value, headers);
        recordCount++;
    }

    /**
     * Says who made the records, of which no more come, and counts them.
     *
     * @param baseSequence of the first of them
     * @throws BrokerException RECORD_TOO_LARGE, see {@link #requireOneBatch}
     */
    void setProducer(long id, short epoch, int baseSequence) {
        counted = true;
        requireOneBatch();
        open.producer(id, epoch, baseSequence);
    }

    /**
     * Refuses more records than a batch can have. Of several batches a part may get lost with a leader, and the rest would not
     * be known for what it is when all of them are sent again (KIP-98 has one batch a partition as well).
     *
     * @throws BrokerException RECORD_TOO_LARGE
     */
    void requireOneBatch() {
        if (!ended.isEmpty()) {
            throw new BrokerException(ErrorKind.RECORD_TOO_LARGE,
                    ("the %d records for partition %d do not fit into one batch of %d bytes (the topic's max.message.bytes), and those"
                            + " of a request with a producer_id or an Idempotency-Key must: send fewer records at a time")
                            .formatted(recordCount, partition, maxBatchBytes));
        }
    }

    /** Says what transaction the records are part of, and, unless that is known, who made them. */
    void setTransaction(long id, short epoch) {
        if (!counted) {
            for (ByteBuffer batch : ended) {
                RecordBatch.at(batch).setProducer(id, epoch, RecordBatch.NO_SEQUENCE);
            }
            open.producer(id, epoch, RecordBatch.NO_SEQUENCE);
        }
        ended.forEach(batch -> RecordBatch.at(batch).setTransactional());
        open.transactional();
    }

    /** Ends the last batch. */
    public List<ByteBuffer> build() {
        if (open.recordCount() > 0) {
            ended.add(open.build());
            open = new RecordBatchBuilder(codec);
        }
        return ended;
    }

    public int slot() {
        return slot;
    }

    public int partition() {
        return partition;
    }

    int recordCount() {
        return recordCount;
    }

    private void checkFits(int record, long batchBytes) {
        if (batchBytes > maxBatchBytes) {
            throw new BrokerException(ErrorKind.RECORD_TOO_LARGE,
                    "record %d: a batch of this record alone has %d bytes, the topic's max.message.bytes allows %d"
                            .formatted(record, batchBytes, maxBatchBytes));
        }
    }

    private static long sizeBound(ByteBuffer key, ByteBuffer value, List<Header> headers) {
        long bound = RECORD_OVERHEAD + (key == null ? 0 : key.remaining()) + (value == null ? 0 : value.remaining());
        for (int i = 0; i < headers.size(); i++) {
            Header header = headers.get(i);
            bound += HEADER_OVERHEAD + (long) header.key().length() * MAX_UTF8_BYTES_PER_CHAR
                    + (header.value() == null ? 0 : header.value().remaining());
        }
        return bound;
    }
}
