package io.millrace.group;

import io.millrace.group.SimulatedGroups.Weather;
import io.millrace.group.SimulatedTransactions.Range;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What groups promise, held against what happens to a simulated one: no partition has two owners, nothing is committed that nobody
 * processed, who does not coordinate any more gives nothing, committed offsets go back only when that was asked for, and in the end nothing is missing.
 */
final class GroupPromises {
    private final TopicView log;
    private final Weather weather;
    private final Consumer<String> notes;
    private final Map<TopicIdPartition, Map<Long, Integer>> processed = new TreeMap<>();
    /** Of each record, in how many transactions that were committed it was read; null: there are no transactions. */
    private Map<TopicIdPartition, Map<Long, Integer>> outputs;
    private final Map<TopicIdPartition, Long> committed = new TreeMap<>();
    private final Map<TopicIdPartition, Long> highest = new TreeMap<>();
    private final RequestedReplays replays = new RequestedReplays();
    private AssertionError violation;

    GroupPromises(TopicView log, Weather weather, Consumer<String> notes) {
        this.log = log;
        this.weather = weather;
        this.notes = notes;
    }

    /** Consumers commit in transactions, and in no other way: what counts is what was committed with those, once. */
    void onlyInTransactions() {
        outputs = new TreeMap<>();
    }

    /** A transaction was committed in which these were read. */
    void output(Map<TopicIdPartition, Range> ranges) {
        ranges.forEach((partition, range) -> {
            for (long offset = range.from(); offset < range.to(); offset++) {
                int times = outputs.computeIfAbsent(partition, any -> new TreeMap<>()).merge(offset, 1, Integer::sum);
                require(times == 1, "record " + partition + "@" + offset + " of " + partition.topicId() + " is in " + times
                        + " transactions that were committed");
            }
        });
    }

    private Map<Long, Integer> done(TopicIdPartition partition) {
        return (outputs == null ? processed : outputs).getOrDefault(partition, Map.of());
    }

    /** How many records were processed. */
    long processed() {
        return processed.values().stream().mapToLong(Map::size).sum();
    }

    /** How often a committed offset went back, by a seek or a reset. */
    int replays() {
        return replays.used();
    }

    /** It was asked to give records of these partitions again. */
    void replayed(Collection<TopicPartition> partitions) {
        replays.ask(partitions);
    }

    /** A consumer processed a record. */
    void process(TopicIdPartition partition, long offset) {
        int times = processed.computeIfAbsent(partition, any -> new TreeMap<>()).merge(offset, 1, Integer::sum);
        require(weather != Weather.CALM || outputs != null || times == 1 || replays.wereAsked(partition.partition()), "record " + partition + "@"
                + offset + " of " + partition.topicId() + " was delivered " + times + " times although nobody died");
    }

    /** A server gave records to a consumer. */
    void gave(int server, int coordinator) {
        require(server == coordinator, "server " + server + " gave records, but server " + coordinator + " coordinates");
    }

    /** A consumer was told that these are committed. */
    void acknowledged(Map<TopicIdPartition, Long> offsets) {
        offsets.forEach((partition, offset) -> require(highest.getOrDefault(partition, 0L) >= offset, partition + " was said"
                + " to be committed up to " + offset + ", but was up to " + highest.get(partition)));
    }

    /** @param state of the group as it was just written; null: there is none */
    void check(GroupState state) {
        if (state == null) {
            return;
        }
        Map<TopicPartition, String> owners = new TreeMap<>();
        state.membership().members().values().forEach(member -> member.owned().keySet().forEach(partition -> {
            String other = owners.put(partition, member.name());
            require(other == null, partition + " is owned by " + other + " and by " + member.name());
        }));
        state.offsets().byTopic().forEach((topic, offsets) -> offsets.byPartition().forEach((number, offset) ->
                committed(new TopicIdPartition(offsets.topicId(), new TopicPartition(topic, number)), offset.offset())));
        committed.forEach((partition, offset) -> require(state.offsets().committed(partition).isPresent() || !isThere(partition),
                "the committed offset of " + partition + " is gone"));
    }

    private void committed(TopicIdPartition partition, long offset) {
        long before = committed.getOrDefault(partition, 0L);
        require(offset >= before || replays.use(partition.partition()), "the committed offset of " + partition + " went back from "
                + before + " to " + offset);
        Map<Long, Integer> seen = done(partition);
        for (long each = before; each < offset; each++) {
            require(seen.containsKey(each), partition + "@" + each + " is committed (" + offset + "), but nobody processed it");
        }
        if (offset != before) {
            notes.accept("committed " + partition + " " + offset);
        }
        committed.put(partition, offset);
        highest.merge(partition, offset, Math::max);
    }

    private boolean isThere(TopicIdPartition partition) {
        return log.topics().containsKey(partition.topic())
                && log.topics().get(partition.topic()).id().equals(partition.topicId());
    }

    /** What is not as it must be in the end, or null. */
    String missing(GroupState state) {
        if (state == null) {
            return "a group";
        }
        Set<TopicPartition> owned = new HashSet<>();
        state.membership().members().values().forEach(member -> owned.addAll(member.owned().keySet()));
        for (Map.Entry<TopicPartition, Long> each : log.ends().entrySet()) {
            if (!owned.contains(each.getKey())) {
                return "an owner of " + each.getKey();
            }
            TopicIdPartition id = new TopicIdPartition(log.topics().get(each.getKey().topic()).id(), each.getKey());
            for (long offset = 0; offset < each.getValue(); offset++) {
                if (!done(id).containsKey(offset)) {
                    return "record " + each.getKey() + "@" + offset;
                }
            }
        }
        return null;
    }

    void requireAll(GroupState state) {
        String missing = missing(state);
        require(missing == null, "never came: " + missing);
    }

    /** Whoever meets a violation may go on after a fault: the run does not. */
    void requireKept() {
        if (violation != null) {
            throw violation;
        }
    }

    /** Something else went wrong that must not. */
    void broken(AssertionError how) {
        violation = violation == null ? how : violation;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            broken(new AssertionError(otherwise));
            throw violation;
        }
    }
}
