package io.millrace.group;

import io.millrace.broker.SimulatedTime;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.offsets.GroupLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.ReadMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The log that simulated coordinators read: partitions that have nothing but an end, each offset below it a record of one
 * byte. Reads take a while, and fail now and then.
 */
final class SimulatedTopics implements GroupLog, TopicView {
    private static final int MOST_AT_ONCE = 7;
    /** The most leader epochs of a topic. */
    private static final int EPOCHS = 1000;

    private final SimulatedTime time;
    private final Random random;
    private final TreeMap<String, TopicInfo> topics = new TreeMap<>();
    /** As they are: another object when they have changed. */
    private Map<String, TopicInfo> seen = Map.of();
    private final Map<TopicPartition, Long> ends = new TreeMap<>();
    /** First offsets, where retention took some. */
    private final Map<TopicPartition, Long> starts = new TreeMap<>();
    /** Leader epochs by the offset that each begins at. */
    private final Map<TopicPartition, TreeMap<Long, Integer>> epochs = new TreeMap<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private final List<View> views = new ArrayList<>();
    private long incarnations;
    private long revision;
    int failurePercent;

    private record Waiting(FetchAllRequest request, CompletableFuture<FetchAllResult> answer, long until) {
    }

    SimulatedTopics(SimulatedTime time, Random random) {
        this.time = time;
        this.random = random;
    }

    void create(String topic, int partitions) {
        UUID id = topics.containsKey(topic) ? topics.get(topic).id() : new UUID(topic.hashCode(), ++incarnations);
        topics.put(topic, new TopicInfo(id, partitions));
        for (int i = 0; i < partitions; i++) {
            ends.putIfAbsent(new TopicPartition(topic, i), 0L);
        }
        changed(topic);
    }

    void delete(String topic) {
        topics.remove(topic);
        ends.keySet().removeIf(each -> each.topic().equals(topic));
        starts.keySet().removeIf(each -> each.topic().equals(topic));
        epochs.keySet().removeIf(each -> each.topic().equals(topic));
        changed(topic);
    }

    /** Deletes a topic and creates one of its name, in one moment. */
    void recreate(String topic, int partitions) {
        delete(topic);
        create(topic, partitions);
    }

    private void changed(String topic) {
        revision++;
        seen = Map.copyOf(topics);
        views.forEach(view -> view.changed(topic));
        attemptAll();
    }

    void append(TopicPartition partition, int records) {
        ends.merge(partition, (long) records, Long::sum);
        attemptAll();
    }

    /** Retention takes the records before this offset. */
    void removeBefore(TopicPartition partition, long start) {
        starts.put(partition, start);
    }

    /** A leader is elected that has no records from this offset on. */
    void cutBack(TopicPartition partition, long end) {
        TreeMap<Long, Integer> of = epochs(partition);
        int last = of.lastEntry().getValue();
        of.tailMap(end, true).clear();
        of.put(end, last + 1);
        ends.put(partition, end);
    }

    private TreeMap<Long, Integer> epochs(TopicPartition partition) {
        return epochs.computeIfAbsent(partition, any -> new TreeMap<>(Map.of(0L, 0)));
    }

    /** Where an epoch, or the last one before it, ends. */
    private long endOf(TopicPartition partition, int epoch) {
        return epochs(partition).entrySet().stream().filter(each -> each.getValue() > epoch).map(Map.Entry::getKey).findFirst()
                .orElse(ends.get(partition));
    }

    private long begin(TopicPartition id, FetchPosition from) {
        long start = starts.getOrDefault(id, 0L);
        long end = ends.get(id);
        if (from instanceof FetchPosition.AtOffset at) {
            boolean cut = at.lastEpoch() >= 0 && endOf(id, at.lastEpoch() % EPOCHS) < at.offset();
            if (at.offset() < start || at.offset() > end || cut) {
                throw new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE, "from " + start + " to " + end);
            }
            return at.offset();
        }
        return from instanceof FetchPosition.Earliest ? start
                : from instanceof FetchPosition.EndOfEpoch of ? endOf(id, of.epoch() % EPOCHS) : end;
    }

    private void attemptAll() {
        for (Waiting each : List.copyOf(waiting)) {
            attempt(each);
        }
    }

    /** Of which topic a part is: leader epochs of the next topic of a name are higher by so many. */
    static TopicIdPartition id(FetchAllResult.Part part) {
        return new TopicIdPartition(new UUID(part.id().topic().hashCode(), part.result().leaderEpoch() / EPOCHS), part.id());
    }

    /** The log as a server sees it that hears of changed topics some time later, up to so many ms. */
    GroupLog seenLate(int mostMs) {
        View view = new View(mostMs);
        views.add(view);
        return view;
    }

    private final class View implements GroupLog {
        private final int mostMs;
        private final TreeMap<String, TopicInfo> known = new TreeMap<>(topics);
        private Map<String, TopicInfo> seen = Map.copyOf(known);
        private long changes;

        private View(int mostMs) {
            this.mostMs = mostMs;
        }

        private void changed(String topic) {
            time.after(random.nextInt(mostMs), () -> refresh(topic));
        }

        @Override
        public void refresh(String topic) {
            TopicInfo now = topics.get(topic);
            TopicInfo before = now == null ? known.remove(topic) : known.put(topic, now);
            if (!Objects.equals(before, now)) {
                changes++;
                seen = Map.copyOf(known);
            }
        }

        @Override
        public Map<String, TopicInfo> topics() {
            return seen;
        }

        @Override
        public long revision() {
            return changes;
        }

        @Override
        public CompletableFuture<FetchAllResult> fetch(FetchAllRequest request, ReadMemory memory) {
            CompletableFuture<FetchAllResult> fetch = SimulatedTopics.this.fetch(request, memory);
            fetch.thenAccept(result -> result.parts().stream().filter(part -> part.failure() != null
                    && part.failure().kind() == ErrorKind.UNKNOWN_TOPIC_ID).forEach(part -> refresh(part.id().topic())));
            return fetch;
        }
    }

    @Override
    public void refresh(String topic) {
        // Here they are always seen as they are.
    }

    @Override
    public Map<TopicPartition, Long> ends() {
        return ends;
    }

    @Override
    public Map<String, TopicInfo> topics() {
        return seen;
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public CompletableFuture<FetchAllResult> fetch(FetchAllRequest request, ReadMemory memory) {
        Waiting fetch = new Waiting(request, new CompletableFuture<>(),
                time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(request.maxWaitMs()));
        waiting.add(fetch);
        time.soon(2000, () -> attempt(fetch));
        time.at(fetch.until() + 1, () -> attempt(fetch));
        return fetch.answer();
    }

    /** Of the last record that is read; as it was asked for when there is none. */
    private int epoch(TopicPartition id, UUID topic, long next, FetchPosition from) {
        if (from instanceof FetchPosition.AtOffset at && at.offset() == next) {
            return at.lastEpoch();
        }
        return (int) topic.getLeastSignificantBits() * EPOCHS + epochs(id).lowerEntry(Math.max(1, next)).getValue();
    }

    private void attempt(Waiting fetch) {
        if (fetch.answer().isDone()) {
            waiting.remove(fetch);
            return;
        }
        List<FetchAllResult.Part> parts = new ArrayList<>();
        long bytes = 0;
        boolean failed = false;
        for (FetchAllRequest.Part part : fetch.request().parts()) {
            TopicPartition id = new TopicPartition(part.topic(), part.partition());
            if (random.nextInt(100) < failurePercent) {
                parts.add(new FetchAllResult.Part(id, null, new BrokerException(ErrorKind.NOT_LEADER, "no leader")));
                failed = true;
                continue;
            }
            TopicInfo topic = topics.get(part.topic());
            if (topic == null || part.topicId() != null && !part.topicId().equals(topic.id())) {
                ErrorKind kind = topic == null ? ErrorKind.UNKNOWN_TOPIC : ErrorKind.UNKNOWN_TOPIC_ID;
                parts.add(new FetchAllResult.Part(id, null, new BrokerException(kind, "it was deleted")));
                failed = true;
                continue;
            }
            long end = ends.get(id);
            long from;
            try {
                from = begin(id, part.from());
            } catch (BrokerException outOfRange) {
                parts.add(new FetchAllResult.Part(id, null, outOfRange));
                failed = true;
                continue;
            }
            long next = fetch.request().maxBytes() == 0 ? from : Math.min(end, from + 1 + random.nextInt(MOST_AT_ONCE));
            bytes += Math.max(0, next - from);
            parts.add(new FetchAllResult.Part(id, new FetchResult(from, Math.max(from, next), end,
                    starts.getOrDefault(id, 0L), epoch(id, topic.id(), next, part.from()),
                    ByteBuffer.allocate((int) Math.max(0, next - from))), null));
        }
        if (failed || bytes >= fetch.request().minBytes() || time.nanoTime() >= fetch.until()) {
            waiting.remove(fetch);
            fetch.answer().complete(new FetchAllResult(parts));
        }
    }
}
