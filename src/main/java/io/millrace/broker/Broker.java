package io.millrace.broker;

import io.millrace.cluster.RegisterStore;
import io.millrace.log.AppendResult;
import io.millrace.log.LogDirectory;
import io.millrace.log.OffsetAndTimestamp;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/** This server's broker: the partitions it hosts, behind one door. Thread-safe. */
public final class Broker implements AutoCloseable {
    /**
     * @param brokerId             this broker's id
     * @param defaultPartitions    of a topic created without a number
     * @param maxPartitions        largest number of partitions of one topic
     * @param topicDefaults        value of every topic configuration key that a topic does not override
     * @param maxUncompressedBytes largest batch after decompression
     * @param retentionIntervalMs  how often retention is applied, in ms
     */
    public record Options(int brokerId, int defaultPartitions, int maxPartitions, Map<String, String> topicDefaults,
                          int maxUncompressedBytes, long retentionIntervalMs) {
    }

    private Broker() {
    }

    /**
     * Reads the topics from the registers and recovers every log; blocks until done. Logs whose topic was deleted are
     * removed, logs of no known topic are left alone and reported.
     *
     * @param directories already open, their writers running; closed by their owner, after the broker
     * @param workers     runs recovery and the continuations of requests
     * @param timers      wakes parked fetches and applies retention
     */
    public static Broker open(Options options, RegisterStore registers, List<LogDirectory> directories,
                              Executor workers, ScheduledExecutorService timers, Clock clock, BrokerObserver observer) {
        throw new UnsupportedOperationException();
    }

    public Topics topics() {
        throw new UnsupportedOperationException();
    }

    /** @throws BrokerException UNKNOWN_TOPIC */
    public RecordAccumulator accumulator(String topic) {
        throw new UnsupportedOperationException();
    }

    /** Appends what was accumulated. Fails with OVERLOADED, before anything is written, when the queue is full. */
    public CompletableFuture<ProduceResult> produce(RecordAccumulator records, Acks acks) {
        throw new UnsupportedOperationException();
    }

    /**
     * Validates raw batches and appends them as they are.
     *
     * @return completes with the offsets; with {@link Acks#NONE} once queued, with -1 for each
     */
    public CompletableFuture<AppendResult> append(String topic, int partition, ByteBuffer batches, Acks acks) {
        throw new UnsupportedOperationException();
    }

    /** Holds no thread while it waits. Cancel the future to give the fetch up. */
    public CompletableFuture<FetchResult> fetch(FetchRequest request) {
        throw new UnsupportedOperationException();
    }

    /** @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION */
    public PartitionOffsets offsets(String topic, int partition) {
        throw new UnsupportedOperationException();
    }

    public Optional<OffsetAndTimestamp> offsetForTimestamp(String topic, int partition, long timestamp) {
        throw new UnsupportedOperationException();
    }

    /** @return completes with the new beginning offset */
    public CompletableFuture<Long> deleteRecords(String topic, int partition, long beforeOffset) {
        throw new UnsupportedOperationException();
    }

    public List<PartitionStatus> partitions() {
        throw new UnsupportedOperationException();
    }

    /** Ends parked fetches and refuses new work; the directories stay open. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
