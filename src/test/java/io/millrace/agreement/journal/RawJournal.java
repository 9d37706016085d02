package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.Codec;
import io.millrace.record.Header;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** Writes a journal's log record by record, as no journal would, and reads it back as a journal. */
final class RawJournal implements AutoCloseable {
    private static final int SEGMENT_BYTES = 1500;
    private static final Journal.Options OPTIONS = new Journal.Options(SEGMENT_BYTES, 30_000);

    private final ExecutorService executor = Executors.newCachedThreadPool();

    static RegisterState state(long version) {
        return new RegisterState(version, "t-" + version, "\"" + "x".repeat(100) + version + "\"");
    }

    static ByteBuffer change(String key, RegisterState state) {
        return JournalRecords.change(0, key, state);
    }

    static ByteBuffer record(String key, String value) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(0, bytes(key), bytes(value), List.of());
        return batch.build();
    }

    /**
     * What earlier versions appended before they deleted what was older.
     *
     * @param states     at least one
     * @param batchBytes a batch ends when it has reached this size
     */
    static List<ByteBuffer> snapshot(long timestamp, SortedMap<String, RegisterState> states, int batchBytes) {
        List<ByteBuffer> batches = new ArrayList<>();
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        boolean first = true;
        Iterator<Map.Entry<String, RegisterState>> entries = states.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<String, RegisterState> entry = entries.next();
            List<Header> marks = new ArrayList<>();
            if (first) {
                marks.add(new Header(JournalRecords.SNAPSHOT, bytes(JournalRecords.BEGIN)));
                first = false;
            }
            if (!entries.hasNext()) {
                marks.add(new Header(JournalRecords.SNAPSHOT, bytes(JournalRecords.END)));
            }
            batch.append(timestamp, bytes(entry.getKey()), bytes(entry.getValue().encode()), marks);
            if (batch.sizeInBytes() >= batchBytes || !entries.hasNext()) {
                batches.add(batch.build());
                batch = new RecordBatchBuilder(Codec.NONE);
            }
        }
        return batches;
    }

    private static ByteBuffer bytes(String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** An open log, and its directory's writer at work. */
    record Open(LogDirectory directory, PartitionLog partition) {
        void append(ByteBuffer batch) {
            append(List.of(batch));
        }

        /** @return the first offset of the batches */
        long append(List<ByteBuffer> batches) {
            return directory.append(partition, batches, 0).join().baseOffset();
        }

        void deleteBefore(long offset) {
            directory.deleteRecordsBefore(partition, offset).join();
        }
    }

    void write(Path root, Consumer<Open> writing) {
        try (LogDirectory directory = LogDirectory.open(root, new LogDirectory.Options(1 << 20, 1000, 1000),
            Clock.systemUTC(), LogObserver.NONE)) {
            PartitionLog log = directory.openLog(Journal.TOPIC, 0, new UUID(0, 2), new LogConfig(SEGMENT_BYTES,
                Long.MAX_VALUE, -1, -1, 4096, TimestampType.CREATE_TIME, FlushPolicy.COMMIT));
            executor.execute(directory);
            writing.accept(new Open(directory, log));
        }
    }

    /** What a journal finds there. */
    SortedMap<String, RegisterState> states(Path root) {
        try (Journal journal = Journal.open(root, OPTIONS, Clock.systemUTC(), executor)) {
            return JournalStates.of(journal);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
