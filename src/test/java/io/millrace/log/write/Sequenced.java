package io.millrace.log.write;

import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Batches of idempotent producers. */
final class Sequenced {
    private Sequenced() {
    }

    /** The values are the sequences. */
    static ByteBuffer batch(long producerId, int epoch, int sequence, int records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(producerId, (short) epoch, sequence);
        for (int i = 0; i < records; i++) {
            ByteBuffer key = ByteBuffer.wrap(("key" + producerId).getBytes(StandardCharsets.UTF_8));
            builder.append(1_000, key, ByteBuffer.wrap(Integer.toString(sequence + i & Integer.MAX_VALUE)
                .getBytes(StandardCharsets.UTF_8)), List.of());
        }
        return builder.build();
    }
}
