package io.millrace.record;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Makes batches for the tests: good ones, and ones whose header or records were changed by hand. */
final class BatchBytes {
    static final BatchValidator.Limits LIMITS = new BatchValidator.Limits(4 << 20, 8 << 20);
    static final long NOW = 1_700_000_000_000L;

    private BatchBytes() {
    }

    static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static Header header(String key, String value) {
        return new Header(key, value == null ? null : utf8(value));
    }

    /** Every shape of a record that the format knows, offsets 0 to the end. */
    static List<Record> shapes() {
        ByteBuffer nothing = ByteBuffer.allocate(0);
        ByteBuffer large = ByteBuffer.allocate(300_000);
        for (int i = 0; i < large.capacity(); i++) {
            large.put(i, (byte) (i * 31 ^ i >> 7));
        }
        return List.of(
            new Record(0, NOW, utf8("key"), utf8("value"), List.of()),
            new Record(1, NOW + 70, null, utf8("no key"), List.of()),
            new Record(2, NOW - 5_000, utf8("tombstone, and older than the first"), null, List.of()),
            new Record(3, NOW, null, null, List.of()),
            new Record(4, NOW, nothing, nothing, List.of()),
            new Record(5, 0, utf8("the epoch"), large, List.of()),
            new Record(6, Long.MAX_VALUE / 2, utf8("far ahead"), utf8("v"), List.of(
                header("trace", "a"), header("trace", "b"), header("null", null), header("empty", ""),
                header("", "no key"), header("schlüssel €", "wért"))),
            new Record(7, NOW, utf8("last"), utf8("x".repeat(200)), List.of(header("trace", "a"))));
    }

    static ByteBuffer batchOf(Codec codec, List<Record> records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        for (Record record : records) {
            builder.append(record.timestamp(), record.key(), record.value(), record.headers());
        }
        return builder.build();
    }

    static ByteBuffer smallBatch(Codec codec) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        for (int i = 0; i < 3; i++) {
            builder.append(NOW + i, utf8("k" + i), utf8("value " + i), List.of(header("h", "v" + i)));
        }
        return builder.build();
    }

    /** A batch with a sound header over records that are given byte by byte. */
    static ByteBuffer batchOver(Codec codec, int count, byte[] recordBytes) {
        ByteBuffer batch = ByteBuffer.allocate(RecordBatch.HEADER_BYTES + recordBytes.length);
        batch.putInt(RecordBatch.LENGTH, batch.capacity() - RecordBatch.PREFIX_BYTES);
        batch.putInt(RecordBatch.LEADER_EPOCH, -1);
        batch.put(RecordBatch.MAGIC_BYTE, (byte) 2);
        batch.putShort(RecordBatch.ATTRIBUTES, (short) codec.id());
        batch.putInt(RecordBatch.LAST_OFFSET_DELTA, count - 1);
        batch.putLong(RecordBatch.PRODUCER_ID, -1);
        batch.putShort(RecordBatch.PRODUCER_EPOCH, (short) -1);
        batch.putInt(RecordBatch.BASE_SEQUENCE, -1);
        batch.putInt(RecordBatch.RECORD_COUNT, count);
        batch.put(RecordBatch.HEADER_BYTES, recordBytes);
        return fixChecksum(batch);
    }

    static ByteBuffer fixChecksum(ByteBuffer batch) {
        CRC32C crc = new CRC32C();
        crc.update(batch.slice(RecordBatch.ATTRIBUTES, batch.limit() - RecordBatch.ATTRIBUTES));
        return batch.putInt(RecordBatch.CRC, (int) crc.getValue());
    }

    static List<Record> recordsOf(RecordBatch batch) {
        List<Record> records = new ArrayList<>();
        batch.records().forEachRemaining(records::add);
        return records;
    }

    static ByteBuffer copy(ByteBuffer source) {
        return ByteBuffer.allocate(source.remaining()).put(source.duplicate()).flip();
    }
}
