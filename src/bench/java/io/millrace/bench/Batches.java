package io.millrace.bench;

import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The record batches that the benchmarks write. */
final class Batches {
    private Batches() {
    }

    /** An uncompressed batch of so many records without keys, each value a JSON string of so many bytes. */
    static ByteBuffer of(int records, int valueBytes) {
        return fill(new RecordBatchBuilder(Codec.NONE), records, valueBytes);
    }

    /** The same, to be in a transaction: of which producer, and at which sequence, is still to be said. */
    static ByteBuffer transactional(int records, int valueBytes) {
        return fill(new RecordBatchBuilder(Codec.NONE).producer(0, (short) 0, 0).transactional(), records, valueBytes);
    }

    private static ByteBuffer fill(RecordBatchBuilder builder, int records, int valueBytes) {
        ByteBuffer value = StandardCharsets.UTF_8.encode('"' + "x".repeat(valueBytes - 2) + '"');
        long now = System.currentTimeMillis();
        for (int i = 0; i < records; i++) {
            builder.append(now, null, value.duplicate(), List.of());
        }
        return builder.build();
    }

    /** A batch of values of 1 KiB that is as near to {@code bytes} as it can be without being larger. */
    static ByteBuffer upTo(int bytes) {
        int recordBytes = of(1_000, 1024).remaining() / 1_000 + 1;
        return of(bytes / recordBytes, 1024);
    }
}
