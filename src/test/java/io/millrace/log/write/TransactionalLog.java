package io.millrace.log.write;

import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Appends transactional batches and markers to a log that nobody else writes to, one at a time. */
public final class TransactionalLog {
    private final PartitionLog log;
    private final Consumer<ByteBuffer> appender;
    /** What comes next of each producer. */
    private final Map<Long, Integer> sequences = new HashMap<>();

    /** @param appender returns when the batch is committed */
    public TransactionalLog(PartitionLog log, Consumer<ByteBuffer> appender) {
        this.log = log;
        this.appender = appender;
    }

    /** Writes a batch of a producer's transaction, which begins if there is none. */
    public void write(long producerId, String... values) {
        appender.accept(batch(values, transactional(producerId, values.length)));
    }

    /** As {@link #write(long, String...)}, a record with a key. */
    void put(long producerId, String key, String value) {
        RecordBatchBuilder builder = transactional(producerId, 1);
        builder.append(1_000, StandardCharsets.UTF_8.encode(key), StandardCharsets.UTF_8.encode(value), List.of());
        appender.accept(builder.build());
    }

    private RecordBatchBuilder transactional(long producerId, int records) {
        int sequence = sequences.merge(producerId, records, Integer::sum) - records;
        return new RecordBatchBuilder(Codec.NONE).producer(producerId, (short) 0, sequence).transactional();
    }

    /** Writes a batch that is in no transaction. */
    public void write(String... values) {
        appender.accept(batch(values, new RecordBatchBuilder(Codec.NONE)));
    }

    private static ByteBuffer batch(String[] values, RecordBatchBuilder builder) {
        for (String value : values) {
            builder.append(1, null, StandardCharsets.UTF_8.encode(value), List.of());
        }
        return builder.build();
    }

    public void commit(long producerId) {
        end(producerId, EndTransactionMarker.Type.COMMIT);
    }

    public void abort(long producerId) {
        end(producerId, EndTransactionMarker.Type.ABORT);
    }

    private void end(long producerId, EndTransactionMarker.Type type) {
        appender.accept(new EndTransactionMarker(type, 1).batch(producerId, (short) 0, 1));
    }

    /** The values of the records in some batches, markers left out. */
    public static List<String> values(ByteBuffer batches) {
        List<String> values = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(batches)) {
            if (!batch.isControl()) {
                batch.records().forEachRemaining(record -> values.add(StandardCharsets.UTF_8.decode(record.value()).toString()));
            }
        }
        return values;
    }
}
