package io.millrace.group;

import io.millrace.broker.SimulatedCluster;
import io.millrace.broker.SimulatedServer;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.RecordIterator;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.Partition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A topic in the logs of a {@link SimulatedCluster}, its producers, and what became of what they wrote. Each record says of
 * which topic it is, because one of the same name may be created later, and has a number of its own.
 */
final class ReplicatedTopic implements TopicView {
    private static final int MOST_PARTITIONS = 4;
    private static final int MOST_RECORDS = 4;

    private final SimulatedCluster cluster;
    private final String name;
    private final Consumer<AssertionError> violations;
    private final Map<TopicIdPartition, TreeMap<Long, String>> acknowledged = new TreeMap<>();
    private final Map<TopicIdPartition, TreeMap<Long, String>> read = new TreeMap<>();
    private long records;
    private int creations;

    /** @param violations told of what is read and must not be */
    ReplicatedTopic(SimulatedCluster cluster, String name, Consumer<AssertionError> violations) {
        this.cluster = cluster;
        this.name = name;
        this.violations = violations;
    }

    /** How often it was created. */
    int creations() {
        return creations;
    }

    private Optional<Topic> now() {
        return cluster.registered(name);
    }

    @Override
    public Map<String, TopicInfo> topics() {
        return now().map(topic -> Map.of(name, new TopicInfo(topic.id(), topic.partitions().size()))).orElse(Map.of());
    }

    @Override
    public Map<TopicPartition, Long> ends() {
        Map<TopicPartition, Long> ends = new TreeMap<>();
        now().ifPresent(topic -> {
            for (int i = 0; i < topic.partitions().size(); i++) {
                TopicPartition id = new TopicPartition(name, i);
                int leader = topic.partitions().get(i).leader();
                Partition there = leader < 0 ? null : cluster.server(leader).partition(id, topic.id());
                ends.put(id, there == null || !there.state().isLeading() ? Long.MAX_VALUE : there.highWatermark());
            }
        });
        return ends;
    }

    /** Of those that are acknowledged now, one that nobody read, or null. */
    String unread() {
        for (Topic topic : now().stream().toList()) {
            for (int i = 0; i < topic.partitions().size(); i++) {
                TopicIdPartition id = new TopicIdPartition(topic.id(), new TopicPartition(name, i));
                for (Map.Entry<Long, String> each : acknowledged.getOrDefault(id, new TreeMap<>()).entrySet()) {
                    if (!read.getOrDefault(id, new TreeMap<>()).containsKey(each.getKey())) {
                        return "acknowledged record " + id + "@" + each.getKey();
                    }
                }
            }
        }
        return null;
    }

    // ---- operators

    /** Creates it where it is not there, and deletes it, or adds a partition, where it is. */
    void change(SimulatedServer at) {
        Optional<Topic> now = now();
        if (now.isEmpty()) {
            create(at);
        } else if (cluster.random().nextInt(3) > 0) {
            attempt("topic " + name + " is deleted", () -> at.broker().topics().delete(name));
        } else if (now.get().partitions().size() < MOST_PARTITIONS) {
            int more = now.get().partitions().size() + 1;
            attempt("topic " + name + " gets partition " + more, () -> at.broker().topics().addPartitions(name, more));
        }
    }

    /** Where it is not there. */
    void create(SimulatedServer at) {
        if (now().isEmpty()) {
            int partitions = 1 + cluster.random().nextInt(3);
            Map<String, String> configs = Map.of("flush", "commit", "segment.bytes", "1024", "min.insync.replicas",
                    Integer.toString(1 + cluster.random().nextInt(2)));
            attempt("topic " + name + " is created with " + partitions + " partitions", () ->
                    at.broker().topics().create(name, partitions, 3, configs));
            creations += now().isPresent() ? 1 : 0;
        }
    }

    private void attempt(String what, Runnable action) {
        try {
            action.run();
            cluster.note(what);
        } catch (BrokerException failure) {
            cluster.note("not known whether " + what + ": " + failure.getMessage());
        }
    }

    // ---- producers

    /** With acks=all, to who takes itself for the leader of a partition. */
    void produce() {
        List<Runnable> leaders = new ArrayList<>();
        cluster.servers().stream().filter(server -> server.isUp() && !server.isPaused() && !server.isStopping()).forEach(server -> {
            TopicInfo known = server.broker().topics().all().get(name);
            for (int i = 0; known != null && i < known.partitions(); i++) {
                TopicIdPartition id = new TopicIdPartition(known.id(), new TopicPartition(name, i));
                Partition there = server.partition(id.partition(), known.id());
                if (there != null && there.state().isLeading()) {
                    leaders.add(() -> produce(server, id));
                }
            }
        });
        Collections.shuffle(leaders, cluster.random());
        leaders.stream().findFirst().ifPresent(Runnable::run);
    }

    private void produce(SimulatedServer server, TopicIdPartition id) {
        List<String> values = new ArrayList<>();
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        for (int i = cluster.random().nextInt(MOST_RECORDS); i >= 0; i--) {
            values.add(id.topicId() + " " + ++records);
            batch.append(server.clock().millis(), null, StandardCharsets.UTF_8.encode(values.get(values.size() - 1)), List.of());
        }
        server.broker().append(name, id.partition().partition(), batch.build(), Acks.ALL).thenAccept(appended -> {
            for (int i = 0; i < values.size(); i++) {
                acknowledged.computeIfAbsent(id, any -> new TreeMap<>()).put(appended.baseOffset() + i, values.get(i));
                requireSame(id, appended.baseOffset() + i);
            }
        });
    }

    // ---- readers

    /** Of which topic the records of a part are, each of which must be the one that is there. */
    TopicIdPartition id(FetchAllResult.Part part) {
        TopicIdPartition id = null;
        for (RecordBatch batch : RecordBatch.in(part.result().batches())) {
            try (RecordIterator iterator = batch.records()) {
                while (iterator.hasNext()) {
                    Record next = iterator.next();
                    String value = text(next.value());
                    id = new TopicIdPartition(UUID.fromString(value.substring(0, value.indexOf(' '))), part.id());
                    if (next.offset() >= part.result().offset() && next.offset() < part.result().nextOffset()) {
                        seen(id, next.offset(), value);
                    }
                }
            }
        }
        return id;
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private void seen(TopicIdPartition id, long offset, String value) {
        String before = read.computeIfAbsent(id, any -> new TreeMap<>()).putIfAbsent(offset, value);
        if (before != null && !before.equals(value)) {
            violations.accept(new AssertionError(id + "@" + offset + " was read as " + before + " and as " + value));
        }
        requireSame(id, offset);
    }

    private void requireSame(TopicIdPartition id, long offset) {
        String acked = acknowledged.getOrDefault(id, new TreeMap<>()).get(offset);
        String found = read.getOrDefault(id, new TreeMap<>()).get(offset);
        if (acked != null && found != null && !acked.equals(found)) {
            violations.accept(new AssertionError(id + "@" + offset + " was acknowledged as " + acked + " and read as " + found));
        }
    }
}
