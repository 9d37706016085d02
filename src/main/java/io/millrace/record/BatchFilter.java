package io.millrace.record;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes records out of a batch. Those that stay keep their offsets, timestamps and bytes, the batch its first and last
 * offset, its producer and its codec. What is to go later, tombstones and markers, waits for the batch's delete horizon
 * (KIP-534).
 */
public final class BatchFilter {
    /** Tombstones or markers of the batch begin to wait later. */
    public static final long NO_HORIZON = -1;

    /** Which records stay. */
    public interface Retention {
        /**
         * @param key   null when there is none; a view that is good during the call
         * @param value null: the record is a tombstone; as the key
         */
        boolean retains(long offset, ByteBuffer key, ByteBuffer value);
    }

    /**
     * What is left of a batch.
     *
     * @param batch    null when no record is
     * @param retained records that are left
     * @param removed  records that are gone
     */
    public record Outcome(RecordBatch batch, int retained, int removed) {
    }

    /** @param body as {@link RecordCursor#body()} */
    private record Kept(int offsetDelta, long timestamp, ByteBuffer body) {
    }

    private final RecordBatch batch;
    private final List<Kept> kept = new ArrayList<>();
    /** Whether something stays that is to go later. */
    private boolean waits;
    private boolean firstIsGone;
    private int removed;

    private BatchFilter(RecordBatch batch) {
        this.batch = batch;
    }

    /**
     * @param deleteHorizon what a batch gets that keeps a tombstone or a marker and has none, in ms since the epoch, or
     *                      {@link #NO_HORIZON}
     * @param maxBytes      of the records after decompression, all of which are held in memory
     * @return the batch itself where nothing is to be changed
     * @throws InvalidBatchException  when the records are damaged
     * @throws BatchTooLargeException when they are larger
     */
    public static Outcome filter(RecordBatch batch, Retention retention, long deleteHorizon, long maxBytes) {
        BatchFilter filter = new BatchFilter(batch);
        filter.choose(retention, maxBytes);
        return new Outcome(filter.result(deleteHorizon), filter.kept.size(), filter.removed);
    }

    /**
     * Shows every record of a batch to somebody whose answer counts for nothing.
     *
     * @param maxBytes of the records after decompression
     * @throws BatchTooLargeException when they are larger; nobody was shown any that is beyond
     */
    public static void visit(RecordBatch batch, Retention visitor, long maxBytes) {
        filter(batch, (offset, key, value) -> {
            visitor.retains(offset, key, value);
            return false;
        }, NO_HORIZON, maxBytes);
    }

    private void choose(Retention retention, long maxBytes) {
        int count = batch.recordCount();
        if (count <= 0) {
            return;
        }
        try (RecordCursor cursor = new RecordCursor(batch, maxBytes)) {
            for (int i = 0; i < count; i++) {
                cursor.loadBody();
                if (retention.retains(batch.baseOffset() + cursor.offsetDelta(), cursor.key(), cursor.value())) {
                    kept.add(new Kept(cursor.offsetDelta(), cursor.timestamp(), cursor.body()));
                    waits |= cursor.value() == null || batch.isControl();
                } else {
                    removed++;
                    firstIsGone |= i == 0;
                }
            }
            cursor.end();
        }
    }

    private RecordBatch result(long deleteHorizon) {
        boolean beginsHorizon = waits && deleteHorizon != NO_HORIZON && batch.deleteHorizon().isEmpty()
            && canBeBase(deleteHorizon);
        if (kept.isEmpty()) {
            return null;
        }
        return removed == 0 && !beginsHorizon ? batch : written(beginsHorizon, deleteHorizon);
    }

    private RecordBatch written(boolean beginsHorizon, long deleteHorizon) {
        boolean horizon = waits && (beginsHorizon || batch.deleteHorizon().isPresent());
        int attributes = batch.attributes() & ~RecordBatch.DELETE_HORIZON_BIT
            | (horizon ? RecordBatch.DELETE_HORIZON_BIT : 0);
        long baseTimestamp = horizon ? batch.deleteHorizon().orElse(deleteHorizon) : ownBaseTimestamp();
        VarintBytes records = records(baseTimestamp);
        VarintBytes whole = batch.codec() == Codec.NONE ? records : compressed(records);
        ByteBuffer bytes = whole.asBuffer();
        new BatchHeader(batch.baseOffset(), batch.leaderEpoch(), attributes, batch.lastOffsetDelta(), baseTimestamp,
            maxTimestamp(), batch.producerId(), batch.producerEpoch(), batch.baseSequence(), kept.size()).write(bytes);
        return RecordBatch.at(bytes);
    }

    /** The first record's timestamp, as in every batch that is not cleaned. */
    private long ownBaseTimestamp() {
        long first = kept.get(0).timestamp();
        return (firstIsGone || batch.deleteHorizon().isPresent()) && canBeBase(first) ? first : batch.baseTimestamp();
    }

    /** Producers may send timestamps that are further from each other than a delta can tell. */
    private boolean canBeBase(long base) {
        return kept.stream().allMatch(each -> {
            long delta = each.timestamp() - base;
            return ((each.timestamp() ^ base) & (each.timestamp() ^ delta)) >= 0;
        });
    }

    private long maxTimestamp() {
        if (batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
            return batch.maxTimestamp();
        }
        return kept.stream().mapToLong(Kept::timestamp).max().orElse(RecordBatch.NO_TIMESTAMP);
    }

    private VarintBytes records(long baseTimestamp) {
        VarintBytes bytes = new VarintBytes(batch.sizeInBytes(), RecordBatch.HEADER_BYTES);
        for (Kept each : kept) {
            long delta = each.timestamp() - baseTimestamp;
            int size = 1 + VarintBytes.sizeOfVarlong(delta) + VarintBytes.sizeOfVarint(each.offsetDelta())
                + each.body().remaining();
            bytes.writeVarint(size);
            bytes.write(0); // attributes of a record: none are defined
            bytes.writeVarlong(delta);
            bytes.writeVarint(each.offsetDelta());
            bytes.write(each.body());
        }
        return bytes;
    }

    private VarintBytes compressed(VarintBytes records) {
        VarintBytes out = new VarintBytes(records.size() / 2, RecordBatch.HEADER_BYTES);
        try (OutputStream compressor = batch.codec().compress(out)) {
            compressor.write(records.array(), RecordBatch.HEADER_BYTES, records.size() - RecordBatch.HEADER_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException("compression with " + batch.codec().codecName() + " failed", e);
        }
        return out;
    }
}
