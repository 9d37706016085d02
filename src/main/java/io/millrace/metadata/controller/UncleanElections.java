package io.millrace.metadata.controller;

import io.millrace.agreement.Member;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.ReplicaEnds;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Finds, among the replicas that are up of partitions of which none in sync is, those with the longest logs: the highest
 * epoch of the last record, then the highest end. It asks all of them and waits for no thread: each pass of the controller
 * looks at what has been answered, and asks again who has not. Replicas that do not answer are left out after a time; while
 * none at all has answered the wait goes on. Used by one thread at a time; answers come from any.
 */
final class UncleanElections {
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ReplicaEnds transport;
    private final BrokerRegistry brokers;
    private final LongSupplier nanoTime;
    private final Map<TopicIdPartition, Inquiry> inquiries = new HashMap<>();

    /** What is known of one partition's replicas, by broker. */
    private static final class Inquiry {
        final long since;
        final Map<Integer, Long> askedAt = new HashMap<>();
        final Map<Integer, Answer> answers = new ConcurrentHashMap<>();

        Inquiry(long since) {
            this.since = since;
        }
    }

    /**
     * A broker's answer.
     *
     * @param session in which it was asked: what it had in an earlier one does not count
     * @param end     null: it has no replica that can be used
     */
    private record Answer(String session, ReplicaEnd end) {
    }

    /**
     * Who is to lead.
     *
     * @param end  of its log
     * @param ends of the logs of all that answered, by broker
     * @param mute who did not answer in time, or cannot be used
     */
    record Choice(int leader, ReplicaEnd end, Map<Integer, ReplicaEnd> ends, List<Integer> mute) {
        /** How many committed records are lost at least, as far as one of those that answered knows. */
        long lost() {
            long committed = ends.values().stream().mapToLong(ReplicaEnd::highWatermark).max().orElse(0);
            return Math.max(0, committed - end.endOffset());
        }

        String told() {
            return ends.entrySet().stream().map(each -> "broker " + each.getKey() + " ends at offset "
                    + each.getValue().endOffset() + " in epoch " + each.getValue().lastEpoch()).collect(Collectors.joining(", "))
                    + (mute.isEmpty() ? "" : "; without an answer, or a usable replica: " + mute);
        }
    }

    UncleanElections(ReplicaEnds transport, BrokerRegistry brokers, LongSupplier nanoTime) {
        this.transport = transport;
        this.brokers = brokers;
        this.nanoTime = nanoTime;
    }

    /**
     * Goes on with it for one topic.
     *
     * @param candidates of each partition that has no leader, the replicas that are up, in the order of preference; those
     *                   of other partitions are forgotten
     * @return of the partitions of which enough is known by now
     */
    Map<Integer, Choice> advance(String topic, UUID topicId, Map<Integer, List<Integer>> candidates) {
        inquiries.keySet().removeIf(id -> id.topic().equals(topic)
                && !(id.topicId().equals(topicId) && candidates.containsKey(id.partition().partition())));
        long now = nanoTime.getAsLong();
        Map<Integer, List<Integer>> toAsk = new TreeMap<>();
        candidates.forEach((partition, replicas) -> {
            Inquiry inquiry = inquiries.computeIfAbsent(id(topic, topicId, partition), any -> new Inquiry(now));
            replicas.stream().filter(broker -> isToBeAsked(inquiry, broker, now)).forEach(broker -> {
                inquiry.askedAt.put(broker, now);
                toAsk.computeIfAbsent(broker, any -> new ArrayList<>()).add(partition);
            });
        });
        toAsk.forEach((broker, partitions) -> brokers.member(broker)
                .ifPresent(member -> ask(member, topic, topicId, partitions)));
        Map<Integer, Choice> chosen = new TreeMap<>();
        candidates.forEach((partition, replicas) -> choice(inquiries.get(id(topic, topicId, partition)), replicas, now)
                .ifPresent(choice -> chosen.put(partition, choice)));
        return chosen;
    }

    /** What was answered for a topic is over: the next election asks anew. */
    void forget(String topic) {
        inquiries.keySet().removeIf(id -> id.topic().equals(topic));
    }

    /** Forgets all other topics. */
    void retain(Set<String> topics) {
        inquiries.keySet().removeIf(id -> !topics.contains(id.topic()));
    }

    private static TopicIdPartition id(String topic, UUID topicId, int partition) {
        return new TopicIdPartition(topicId, new TopicPartition(topic, partition));
    }

    private boolean isToBeAsked(Inquiry inquiry, int broker, long now) {
        Long before = inquiry.askedAt.get(broker);
        return !hasAnswered(inquiry, broker) && (before == null || now - before >= AGAIN_NANOS);
    }

    private boolean hasAnswered(Inquiry inquiry, int broker) {
        Answer answer = inquiry.answers.get(broker);
        return answer != null && answer.session().equals(brokers.session(broker));
    }

    private void ask(Member broker, String topic, UUID topicId, List<Integer> partitions) {
        for (int from = 0; from < partitions.size(); from += ReplicaEnds.MOST) {
            Map<Integer, Inquiry> asked = new HashMap<>();
            List<Integer> some = partitions.subList(from, Math.min(partitions.size(), from + ReplicaEnds.MOST));
            some.forEach(partition -> asked.put(partition, inquiries.get(id(topic, topicId, partition))));
            transport.replicaEnds(broker, topic, topicId, List.copyOf(some)).thenAccept(ends -> {
                Map<Integer, ReplicaEnd> byPartition = ends.stream()
                        .collect(Collectors.toMap(ReplicaEnd::partition, Function.identity(), (one, same) -> one));
                asked.forEach((partition, inquiry) -> inquiry.answers.put(broker.brokerId(),
                        new Answer(broker.session(), byPartition.get(partition))));
            });
        }
    }

    private Optional<Choice> choice(Inquiry inquiry, List<Integer> replicas, long now) {
        List<Integer> answered = replicas.stream().filter(broker -> hasAnswered(inquiry, broker)).toList();
        if (now - inquiry.since < WAIT_NANOS && answered.size() < replicas.size()) {
            return Optional.empty();
        }
        Map<Integer, ReplicaEnd> ends = new TreeMap<>();
        answered.forEach(broker -> Optional.ofNullable(inquiry.answers.get(broker).end())
                .ifPresent(end -> ends.put(broker, end)));
        return replicas.stream().filter(ends::containsKey) // of equal ones the first
                .max(Comparator.comparingInt((Integer broker) -> ends.get(broker).lastEpoch())
                        .thenComparingLong(broker -> ends.get(broker).endOffset()))
                .map(leader -> new Choice(leader, ends.get(leader), ends,
                        replicas.stream().filter(broker -> !ends.containsKey(broker)).toList()));
    }
}
