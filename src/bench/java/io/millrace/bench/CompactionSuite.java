package io.millrace.bench;

import io.millrace.log.Cleanup;
import io.millrace.log.Compaction;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogCleaner;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * How fast a log of keyed records of 1 KiB is compacted, at the pace that a server keeps by default, and what a load on the same
 * log directory loses meanwhile: 16 producers that each wait for their batch of 100 such records to be forced.
 */
final class CompactionSuite {
    private static final double MIB = 1 << 20;
    private static final int DIRTY_BATCHES = 4_000;
    private static final int BATCH_RECORDS = 100;
    private static final int KEYS = 100_000;
    private static final int PRODUCERS = 16;
    private static final long SEGMENT_BYTES = 64L << 20;
    private static final UUID TOPIC = new UUID(1, 1);
    /** As a server has by default. */
    private static final LogCleaner.Options OPTIONS = new LogCleaner.Options(32L << 20, 16L << 20, 320L << 20, 10);

    private final BenchOptions options;
    private final Progress progress;

    CompactionSuite(BenchOptions options, Progress progress) {
        this.options = options;
        this.progress = progress;
    }

    List<Figure> run() throws Exception {
        progress.say("compaction: " + options.rounds() + " rounds");
        List<Double> alone = new ArrayList<>();
        List<Double> beside = new ArrayList<>();
        List<Double> undisturbed = new ArrayList<>();
        List<Double> disturbed = new ArrayList<>();
        for (int round = 1; round <= options.rounds(); round++) {
            alone.add(clean(null));
            try (Load load = new Load()) {
                undisturbed.add(load.rateOver(options.slice().toMillis()));
                beside.add(clean(load));
                disturbed.add(load.rateWhileCleaned());
            }
            progress.say("round %d: %.0f MiB/s alone, %.0f beside a load of %.0f MiB/s, which has %.0f meanwhile".formatted(round,
                    last(alone), last(beside), last(undisturbed), last(disturbed)));
        }
        return List.of(
                Figure.alone("compaction of 1 KiB records, alone", "MiB/s", new Samples(alone), new Target.Above(100)),
                Figure.alone("compaction of 1 KiB records, beside a load", "MiB/s", new Samples(beside), new Target.Above(100)),
                Figure.against("load beside the compaction", "MiB/s", new Samples(disturbed), "without",
                        new Samples(undisturbed), new Target.Ratio(0.8)));
    }

    private static double last(List<Double> values) {
        return values.get(values.size() - 1);
    }

    private static LogConfig config(FlushPolicy flush, Cleanup cleanup) {
        return new LogConfig(SEGMENT_BYTES, Long.MAX_VALUE, -1, 4 * SEGMENT_BYTES, 4096, TimestampType.CREATE_TIME, flush, cleanup);
    }

    /** @return MiB of dirty records that were cleaned a second */
    private static double clean(Load load) throws Exception {
        try (Directory own = load == null ? Directory.open() : null) {
            Directory directory = load == null ? own : load.directory;
            PartitionLog log = directory.log.openLog("compacted", load == null ? 0 : 1, TOPIC, config(FlushPolicy.OS,
                    new Cleanup(false, Optional.of(new Compaction(0.5, 0, Long.MAX_VALUE, 86_400_000)))));
            long bytes = fill(directory.log, log);
            LogCleaner cleaner = new LogCleaner(List.of(directory.log), OPTIONS, Clock.systemUTC());
            if (load != null) {
                load.begin();
            }
            long begin = System.nanoTime();
            while (cleaner.cleanNext()) {
                Thread.onSpinWait();
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            if (load != null) {
                load.end(seconds);
            }
            log.delete().join();
            return bytes / MIB / seconds;
        }
    }

    /** @return bytes in the segments that can be cleaned */
    private static long fill(LogDirectory directory, PartitionLog log) {
        Random random = new Random(1);
        byte[] value = new byte[1000];
        for (int i = 0; i < DIRTY_BATCHES; i++) {
            RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
            for (int j = 0; j < BATCH_RECORDS; j++) {
                batch.append(System.currentTimeMillis(), ByteBuffer.wrap(("key-" + random.nextInt(KEYS)).getBytes()),
                        ByteBuffer.wrap(value), List.of());
            }
            directory.append(log, List.of(batch.build()), 0).join();
        }
        return log.sizeInBytes() / SEGMENT_BYTES * SEGMENT_BYTES;
    }

    /** A log directory with its writer. */
    private record Directory(BenchFolder folder, LogDirectory log, Thread writer) implements AutoCloseable {
        static Directory open() throws Exception {
            BenchFolder folder = BenchFolder.create();
            LogDirectory log = LogDirectory.open(folder.path(), new LogDirectory.Options(64L << 20, 4096, 1000),
                    Clock.systemUTC(), LogObserver.NONE);
            Thread writer = new Thread(log, "bench-log-writer");
            writer.start();
            return new Directory(folder, log, writer);
        }

        @Override
        public void close() throws Exception {
            log.close();
            writer.join();
            folder.close();
        }
    }

    /** Producers that send their next batch when the last was forced. */
    private static final class Load implements AutoCloseable {
        private final Directory directory;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final LongAdder bytes = new LongAdder();
        private final List<CompletableFuture<Void>> producers = new ArrayList<>();
        private long before;
        private double rate;

        private Load() throws Exception {
            directory = Directory.open();
            PartitionLog log = directory.log.openLog("load", 0, TOPIC, config(FlushPolicy.COMMIT, Cleanup.DELETE));
            for (int i = 0; i < PRODUCERS; i++) {
                CompletableFuture<Void> done = new CompletableFuture<>();
                producers.add(done);
                send(log, Batches.of(BATCH_RECORDS, 1024), done);
            }
        }

        private void send(PartitionLog log, ByteBuffer batch, CompletableFuture<Void> done) {
            directory.log.append(log, List.of(batch.duplicate()), 0).whenComplete((result, failure) -> {
                bytes.add(batch.remaining());
                if (failure != null) {
                    done.completeExceptionally(failure);
                } else if (ended.get()) {
                    done.complete(null);
                } else {
                    send(log, batch, done);
                }
            });
        }

        /** In MiB/s. */
        private double rateOver(long millis) throws InterruptedException {
            begin();
            Thread.sleep(millis);
            end(millis / 1e3);
            return rate;
        }

        private void begin() {
            directory.log.applyRetention().join();
            before = bytes.sum();
        }

        private void end(double seconds) {
            rate = (bytes.sum() - before) / MIB / seconds;
        }

        private double rateWhileCleaned() {
            return rate;
        }

        @Override
        public void close() throws Exception {
            ended.set(true);
            for (CompletableFuture<Void> producer : producers) {
                producer.join();
            }
            directory.close();
        }
    }
}
