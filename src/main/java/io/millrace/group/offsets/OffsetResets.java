package io.millrace.group.offsets;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** Where resets of committed offsets would go. Changes nothing. */
public final class OffsetResets {
    private final GroupLog log;
    private final PartitionEnds ends;

    public OffsetResets(GroupLog log) {
        this.log = log;
        this.ends = new PartitionEnds(log);
    }

    /**
     * @param topics     whose partitions are set, all of them
     * @param partitions further ones; neither: all in which the group has committed
     * @return fails with NOT_LEADER
     * @throws BrokerException UNKNOWN_TOPIC
     */
    public CompletableFuture<SortedMap<TopicIdPartition, OffsetChange>> plan(GroupOffsets group, OffsetTarget target,
                                               Collection<String> topics, Collection<TopicPartition> partitions) {
        SortedSet<TopicIdPartition> chosen = chosen(group, topics, partitions);
        FetchPosition wanted = target instanceof OffsetTarget.AtTimestamp at ? new FetchPosition.AtTimestamp(at.timestamp())
                : new FetchPosition.Latest();
        return ends.resolve(chosen, new FetchPosition.Earliest()).thenCombine(ends.resolve(chosen, wanted), (begins, found) -> {
            TreeMap<TopicIdPartition, OffsetChange> changes = new TreeMap<>();
            begins.forEach((each, begin) -> {
                OptionalLong before = group.committed(each);
                changes.put(each, new OffsetChange(each.partition(), before.isPresent() ? before.getAsLong() : null,
                        after(target, before, offset(begin), offset(found.get(each)))));
            });
            return changes;
        });
    }

    private static long offset(FetchAllResult.Part part) {
        if (part.failure() != null) {
            throw part.failure();
        }
        return part.result().offset();
    }

    private static long after(OffsetTarget target, OptionalLong before, long earliest, long found) {
        if (target instanceof OffsetTarget.Earliest) {
            return earliest;
        } else if (target instanceof OffsetTarget.AtOffset at) {
            return Math.max(earliest, Math.min(found, at.offset()));
        } else if (target instanceof OffsetTarget.By by) {
            long base = before.orElse(earliest);
            long moved = by.records() > 0 && base > Long.MAX_VALUE - by.records() ? Long.MAX_VALUE : base + by.records();
            return Math.max(earliest, Math.min(found, moved));
        }
        return found;
    }

    private SortedSet<TopicIdPartition> chosen(GroupOffsets group, Collection<String> topics,
                                               Collection<TopicPartition> partitions) {
        SortedSet<TopicIdPartition> chosen = new TreeSet<>();
        Map<String, TopicInfo> existing = log.topics();
        partitions.forEach(each -> chosen.add(new TopicIdPartition(existing(each.topic(), existing).id(), each)));
        for (String topic : topics) {
            TopicInfo info = existing(topic, existing);
            for (int partition = 0; partition < info.partitions(); partition++) {
                chosen.add(new TopicIdPartition(info.id(), new TopicPartition(topic, partition)));
            }
        }
        if (topics.isEmpty() && partitions.isEmpty()) {
            chosen.addAll(group.in(existing).keySet());
        }
        return chosen;
    }

    private static TopicInfo existing(String topic, Map<String, TopicInfo> existing) {
        TopicInfo info = existing.get(topic);
        if (info == null) {
            throw new BrokerException(ErrorKind.UNKNOWN_TOPIC, "there is no topic '" + topic + "'");
        }
        return info;
    }
}
