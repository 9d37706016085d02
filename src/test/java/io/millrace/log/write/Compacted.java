package io.millrace.log.write;

import io.millrace.log.Cleanup;
import io.millrace.log.Compaction;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.record.Codec;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Logs that are compacted, and what is in them. */
final class Compacted {
    static final long DELETE_RETENTION = 10_000;

    private Compacted() {
    }

    static LogConfig config(long segmentBytes, Compaction how) {
        return new LogConfig(segmentBytes, Long.MAX_VALUE, -1, -1, 100, TimestampType.CREATE_TIME, FlushPolicy.COMMIT,
            new Cleanup(false, Optional.of(how)));
    }

    static LogConfig config(long segmentBytes) {
        return config(segmentBytes, new Compaction(0, 0, Long.MAX_VALUE, DELETE_RETENTION));
    }

    /** @param keysAndValues one after the other; a null value is a tombstone */
    static ByteBuffer batch(long timestamp, String... keysAndValues) {
        return batch(Codec.NONE, timestamp, keysAndValues);
    }

    static ByteBuffer batch(Codec codec, long timestamp, String... keysAndValues) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            builder.append(timestamp + i / 2, utf8(keysAndValues[i]), utf8(keysAndValues[i + 1]), List.of());
        }
        return builder.build();
    }

    static ByteBuffer utf8(String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(ByteBuffer bytes) {
        return bytes == null ? null : Batches.text(bytes);
    }

    /** All batches from the log's start on. */
    static List<RecordBatch> batches(PartitionLog log) {
        List<RecordBatch> all = new ArrayList<>();
        long next = log.logStartOffset();
        while (next < log.logEndOffset()) {
            for (RecordBatch batch : RecordBatch.in(log.read(next, Long.MAX_VALUE, 2000))) {
                all.add(batch);
                next = batch.lastOffset() + 1;
            }
        }
        return all;
    }

    static List<Record> records(PartitionLog log) {
        List<Record> all = new ArrayList<>();
        batches(log).forEach(batch -> batch.records().forEachRemaining(all::add));
        return all;
    }

    /** As a reader from the start ends with: the last value of each key that is not deleted. */
    static Map<String, String> table(List<Record> records) {
        Map<String, String> table = new TreeMap<>();
        for (Record record : records) {
            String key = text(record.key());
            if (record.value() == null) {
                table.remove(key);
            } else {
                table.put(key, text(record.value()));
            }
        }
        return table;
    }

    static List<String> keysAndOffsets(PartitionLog log) {
        return records(log).stream().map(record -> text(record.key()) + "@" + record.offset()).toList();
    }

    /** Cleans a log at once, whatever is due. */
    static CompactionPass.Outcome clean(TestDirectory test, PartitionLog log, long now) throws Exception {
        return clean(test, log, now, 1 << 20);
    }

    static CompactionPass.Limits limits(long mapBytes) {
        return new CompactionPass.Limits(mapBytes, 16 << 20);
    }

    static CompactionPass.Outcome clean(TestDirectory test, PartitionLog log, long now, long mapBytes) throws Exception {
        return new CompactionPass(CleanableLog.of(log, log.config().cleanup().compaction().orElseThrow(), now),
            limits(mapBytes), now, bytes -> { }, CompletableFuture::join).run();
    }
}
