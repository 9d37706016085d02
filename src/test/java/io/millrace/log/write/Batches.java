package io.millrace.log.write;

import io.millrace.record.Codec;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes and takes apart batches of text values. */
final class Batches {
    private Batches() {
    }

    static ByteBuffer batch(long timestamp, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        for (String value : values) {
            builder.append(timestamp, null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        }
        return builder.build();
    }

    /** One record of so many bytes. */
    static ByteBuffer sized(long timestamp, int valueBytes) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        builder.append(timestamp, null, ByteBuffer.allocate(valueBytes), List.of());
        return builder.build();
    }

    static List<Record> records(ByteBuffer batches) {
        List<Record> records = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(batches)) {
            batch.records().forEachRemaining(records::add);
        }
        return records;
    }

    static List<Long> offsets(ByteBuffer batches) {
        return records(batches).stream().map(Record::offset).toList();
    }

    static List<String> values(ByteBuffer batches) {
        return records(batches).stream().map(record -> text(record.value())).toList();
    }

    static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    /** What a reader sees who begins at an offset and reads to the end. */
    static List<String> allValues(PartitionLog log, long from) {
        List<String> values = new ArrayList<>();
        long offset = from;
        while (offset < log.logEndOffset()) {
            ByteBuffer read = log.read(offset, Long.MAX_VALUE, 4096);
            for (Record record : records(read)) {
                if (record.offset() >= offset) {
                    values.add(text(record.value()));
                    offset = record.offset() + 1;
                }
            }
        }
        return values;
    }
}
