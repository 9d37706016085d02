package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;

/**
 * A thread for each partition that produces with acks=all, to one server after the other as a load balancer would, and
 * remembers what was acknowledged. Nothing is sent twice, so that nothing may be there twice.
 */
final class ClusterLoad implements AutoCloseable {
    private static final long PAUSE_MS = 40;
    private static final int PATIENCE_SECONDS = 60;

    private final ClusterClient client;
    private final int servers;
    private final String topic;
    private final int partitions;
    private final Map<Integer, Map<Long, String>> acknowledged = new ConcurrentHashMap<>();
    private final Map<Integer, Long> lastAcknowledgement = new ConcurrentHashMap<>();
    private final Map<Integer, Pause> longestPause = new ConcurrentHashMap<>();
    private final ExecutorService threads;
    private final List<Future<?>> running = new ArrayList<>();
    private volatile boolean stopped;

    /** A time without an acknowledgement in a partition, and when it ended, to be found in the servers' logs. */
    record Pause(int partition, long ms, Instant ended) { }

    ClusterLoad(ClusterClient client, int servers, String topic, int partitions) {
        this.client = client;
        this.servers = servers;
        this.topic = topic;
        this.partitions = partitions;
        this.threads = Executors.newFixedThreadPool(partitions);
        for (int partition = 0; partition < partitions; partition++) {
            int number = partition;
            acknowledged.put(number, new ConcurrentHashMap<>());
            lastAcknowledgement.put(number, System.nanoTime());
            running.add(threads.submit(() -> produce(number)));
        }
    }

    private void produce(int partition) {
        for (int sequence = 0; !stopped; sequence++) {
            String value = topic + "-" + partition + "-" + sequence;
            long offset = client.produce(sequence % servers, topic, partition, value);
            if (offset >= 0) {
                String other = acknowledged.get(partition).put(offset, value);
                assertThat(other).as("acknowledged twice at offset %d of partition %d", offset, partition).isNull();
                long now = System.nanoTime();
                long ms = TimeUnit.NANOSECONDS.toMillis(now - lastAcknowledgement.put(partition, now));
                longestPause.merge(partition, new Pause(partition, ms, Instant.now()),
                        BinaryOperator.maxBy(Comparator.comparingLong(Pause::ms)));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MS));
        }
    }

    /** Of all records that were acknowledged. */
    Set<String> values() {
        Set<String> values = new HashSet<>();
        acknowledged.values().forEach(of -> values.addAll(of.values()));
        return values;
    }

    int count() {
        return acknowledged.values().stream().mapToInt(Map::size).sum();
    }

    /** Waits until so many more records were acknowledged in every partition. */
    void awaitMore(int records) {
        Map<Integer, Integer> before = new TreeMap<>();
        acknowledged.forEach((partition, values) -> before.put(partition, values.size()));
        ClusterClient.await(records + " more records in each partition", PATIENCE_SECONDS, () -> before.entrySet()
                .stream().allMatch(entry -> acknowledged.get(entry.getKey()).size() >= entry.getValue() + records));
    }

    /** Forgets how long the longest time without an acknowledgement was. */
    void resetPauses() {
        longestPause.clear();
    }

    /** The longest time without an acknowledgement in any partition; one that lasts until now counts too. */
    Pause longestPause() {
        long now = System.nanoTime();
        Stream<Pause> lasting = lastAcknowledgement.entrySet().stream().map(last -> new Pause(last.getKey(),
                TimeUnit.NANOSECONDS.toMillis(now - last.getValue()), Instant.now()));
        return Stream.concat(longestPause.values().stream(), lasting).max(Comparator.comparingLong(Pause::ms)).orElseThrow();
    }

    /** Ends the load; what went wrong in it is thrown. */
    @Override
    public void close() throws Exception {
        stopped = true;
        for (Future<?> producer : running) {
            producer.get();
        }
        threads.shutdown();
    }

    /** Everything acknowledged is at its offset, nothing is there twice, and offsets have no gaps, whoever is asked. */
    void assertKept() {
        for (int server = 0; server < servers; server++) {
            for (int partition = 0; partition < partitions; partition++) {
                Map<Long, String> stored = fetchAll(server, partition);
                Set<String> values = new HashSet<>(stored.values());
                assertThat(values).as("each value once in partition %d", partition).hasSize(stored.size());
                acknowledged.get(partition).forEach((offset, value) ->
                        assertThat(stored.get(offset)).as("offset %d", offset).isEqualTo(value));
            }
        }
    }

    private Map<Long, String> fetchAll(int server, int partition) {
        Map<Long, String> stored = new TreeMap<>();
        long next = 0;
        while (true) {
            JsonArray page = page(server, partition, next);
            if (page.isEmpty()) {
                return stored;
            }
            for (JsonObject record : page.getValuesAs(JsonObject.class)) {
                assertThat(record.getJsonNumber("offset").longValue()).isEqualTo(next);
                stored.put(next, record.getString("value"));
                next++;
            }
        }
    }

    private JsonArray page(int server, int partition, long offset) {
        JsonArray[] page = new JsonArray[1];
        ClusterClient.await("an answer to a fetch", PATIENCE_SECONDS, () -> {
            page[0] = client.fetch(server, topic, partition, offset);
            return page[0] != null;
        });
        return page[0];
    }
}
