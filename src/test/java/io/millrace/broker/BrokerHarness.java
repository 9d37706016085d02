package io.millrace.broker;

import io.millrace.agreement.AgreementStatus;
import io.millrace.agreement.LocalNotes;
import io.millrace.agreement.Member;
import io.millrace.agreement.SingleMembership;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.replica.ReplicationOptions;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A broker over real logs in a test's folder, with registers in memory, a clock and timers that the test moves. */
final class BrokerHarness implements AutoCloseable {
    static final long START = 1_700_000_000_000L;
    static final long RETENTION_INTERVAL_MS = 300_000;

    final InMemoryRegisterStore registers;
    final ManualTimers timers = new ManualTimers();
    final ManualClock clock = new ManualClock(START);
    final CountingObserver observer = new CountingObserver();
    final List<LogDirectory> directories = new ArrayList<>();
    private final ExecutorService writers = Executors.newCachedThreadPool();
    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    int partitionsPerPage = TopicStore.PARTITIONS_PER_PAGE;
    Broker broker;

    BrokerHarness(InMemoryRegisterStore registers) {
        this.registers = registers;
    }

    static BrokerHarness on(Path... roots) {
        return restarted(new InMemoryRegisterStore(), roots);
    }

    /** With registers of an earlier run. */
    static BrokerHarness restarted(InMemoryRegisterStore registers, Path... roots) {
        BrokerHarness harness = new BrokerHarness(registers);
        for (Path root : roots) {
            harness.writers.execute(harness.directory(root, new LogDirectory.Options(64 << 20, 10_000, 1000)));
        }
        harness.open();
        return harness;
    }

    /** With directories whose writers do not run: what is appended stays queued. */
    static BrokerHarness withoutWriters(int maxQueuedAppends, Path... roots) {
        BrokerHarness harness = new BrokerHarness(new InMemoryRegisterStore());
        for (Path root : roots) {
            harness.directory(root, new LogDirectory.Options(64 << 20, maxQueuedAppends, 1000));
        }
        harness.open();
        return harness;
    }

    LogDirectory directory(Path root, LogDirectory.Options options) {
        LogDirectory directory = LogDirectory.open(root, options, clock, LogObserver.NONE);
        directories.add(directory);
        return directory;
    }

    void startWriters() {
        directories.forEach(writers::execute);
    }

    void open() {
        open(workers, Map.of());
    }

    void open(Executor workers, Map<String, String> defaults) {
        open(registers, workers, defaults);
    }

    void open(RegisterStore store, Executor workers, Map<String, String> defaults) {
        open(store, registers.notes(), workers, defaults);
    }

    void open(RegisterStore store, LocalNotes notes, Executor workers, Map<String, String> defaults) {
        broker = Broker.open(new BrokerOptions(1, 3, 100, defaults, 10 << 20, RETENTION_INTERVAL_MS,
                ReplicationOptions.DEFAULT).withPartitionsPerPage(partitionsPerPage), store,
                new SingleMembership(new Member(1, "session", "http://localhost", null)), null,
                () -> new AgreementStatus(null, 1, Set.of(1), 1, 1),
                directories,
                notes, workers, workers, new AgreementCalls(workers, 4, 1_000, 5_000), timers, clock,
                timers::nanoTime, observer);
    }

    ExecutorService workers() {
        return workers;
    }

    ExecutorService writers() {
        return writers;
    }

    /** Produces one record without a key to a partition. */
    long produce(String topic, int partition, String value) {
        return produce(topic, partition, null, value);
    }

    long produce(String topic, int partition, String key, String value) {
        RecordAccumulator records = broker.accumulator(topic);
        records.append(partition, RecordAccumulator.NO_TIMESTAMP, bytes(key), bytes(value), List.of());
        return get(broker.produce(records, Acks.LEADER)).offset(0);
    }

    FetchResult fetch(String topic, int partition, long offset) {
        return get(broker.fetch(new FetchRequest(topic, partition, new FetchPosition.AtOffset(offset), 0, 1 << 20, 0)));
    }

    static List<String> values(FetchResult result) {
        List<String> values = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(result.batches())) {
            batch.records().forEachRemaining(record -> values.add(text(record.value())));
        }
        return values;
    }

    static List<Record> records(FetchResult result) {
        List<Record> records = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(result.batches())) {
            batch.records().forEachRemaining(records::add);
        }
        return records;
    }

    static ByteBuffer bytes(String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    /** The value of a future that is to come soon; its failure as it is, unwrapped. */
    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failure);
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (broker != null) {
            broker.close();
        }
        directories.forEach(LogDirectory::close);
        writers.shutdownNow();
        workers.shutdownNow();
    }
}
