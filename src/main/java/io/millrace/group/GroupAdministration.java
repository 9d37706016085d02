package io.millrace.group;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.GroupDescription.MemberState;
import io.millrace.group.GroupDescription.PartitionProgress;
import io.millrace.group.GroupDescription.State;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** What operators are told of groups, and where offsets would be reset to. Reads the registers and the log; changes nothing. */
final class GroupAdministration {
    /** Enough for the first record that is not read: a fetch gives one batch at least. */
    private static final int ONE_BATCH = 1;

    private final GroupContext context;

    GroupAdministration(GroupContext context) {
        this.context = context;
    }

    static BrokerException unknown(String group) {
        return new BrokerException(ErrorKind.UNKNOWN_GROUP, "there is no group '" + group + "'");
    }

    List<GroupSummary> list() {
        List<GroupSummary> all = new ArrayList<>();
        for (String id : context.store().ids()) {
            context.store().read(id).map(GroupStore.Stored::state).ifPresent(state -> all.add(new GroupSummary(id,
                    state(state), (int) state.members().values().stream().filter(GroupMember::takesPart).count())));
        }
        return all;
    }

    private static State state(GroupState group) {
        boolean moving = group.members().values().stream()
                .anyMatch(member -> !member.owned().keySet().equals(member.target()));
        return group.isEmpty() ? State.EMPTY : moving ? State.RECONCILING : State.STABLE;
    }

    CompletableFuture<GroupDescription> describe(String id) {
        GroupState group = context.store().read(id).map(GroupStore.Stored::state).orElseThrow(() -> unknown(id));
        TreeMap<TopicIdPartition, String> owners = new TreeMap<>();
        SortedSet<TopicIdPartition> all = new TreeSet<>(committed(group).keySet());
        group.members().values().forEach(member -> {
            all.addAll(group.assigned(member.target()));
            group.assigned(member.owned().keySet()).forEach(partition -> owners.put(partition, member.name()));
        });
        all.addAll(owners.keySet());
        return ends(all).thenCompose(ends -> oldest(group, ends).thenApply(oldest -> {
            List<PartitionProgress> partitions = all.stream().map(each ->
                    progress(each.partition(), owners.get(each), group.committed(each), ends.get(each), oldest.get(each))).toList();
            List<MemberState> members = group.members().values().stream().map(member -> new MemberState(member.name(),
                    member.config().instanceId(), member.status(), member.epoch(), member.subscription(),
                    new TreeSet<>(member.owned().keySet()), member.target())).toList();
            return new GroupDescription(id, state(group), group.claim().broker(), group.epoch(), group.assignor(), members,
                    partitions);
        }));
    }

    private PartitionProgress progress(TopicPartition id, String owner, OptionalLong committed, FetchResult end,
                                       Long oldestTimestamp) {
        Long offset = committed.isPresent() ? committed.getAsLong() : null;
        Long endOffset = end == null ? null : end.offset();
        Long lag = offset == null || endOffset == null ? null : lag(offset, end);
        Long age = lag == null ? null : lag == 0 ? Long.valueOf(0)
                : oldestTimestamp == null ? null : Long.valueOf(Math.max(0, context.clock().millis() - oldestTimestamp));
        return new PartitionProgress(id, owner, offset, endOffset, lag, age);
    }

    private static long lag(long committed, FetchResult end) {
        return Math.max(0, end.offset() - Math.max(committed, end.logStartOffset()));
    }

    /** The results of looking for the end of each partition, which also tell where it begins; none where nobody answers. */
    private CompletableFuture<Map<TopicIdPartition, FetchResult>> ends(Collection<TopicIdPartition> partitions) {
        return fetch(partitions.stream().collect(Collectors.toMap(each -> each,
                each -> (FetchPosition) new FetchPosition.Latest())), 0).thenApply(parts -> {
                    Map<TopicIdPartition, FetchResult> ends = new HashMap<>();
                    parts.forEach((partition, part) -> {
                        if (part.result() != null) {
                            ends.put(partition, part.result());
                        }
                    });
                    return ends;
                });
    }

    private CompletableFuture<SortedMap<TopicIdPartition, FetchAllResult.Part>> fetch(Map<TopicIdPartition, FetchPosition> where,
                                                                                      int maxBytes) {
        TreeMap<TopicIdPartition, FetchAllResult.Part> found = new TreeMap<>();
        if (where.isEmpty()) {
            return CompletableFuture.completedFuture(found);
        }
        List<TopicIdPartition> asked = where.keySet().stream().sorted().toList();
        List<FetchAllRequest.Part> parts = asked.stream().map(each -> new FetchAllRequest.Part(each, where.get(each))).toList();
        return context.log().fetch(new FetchAllRequest(parts, 0, maxBytes, 0)).thenApply(result -> {
            for (int i = 0; i < asked.size(); i++) {
                found.put(asked.get(i), result.parts().get(i));
            }
            return found;
        });
    }

    /** Timestamps of the first records that are not read yet, one fetch a partition: each gives one batch. */
    private CompletableFuture<Map<TopicIdPartition, Long>> oldest(GroupState group, Map<TopicIdPartition, FetchResult> ends) {
        Map<TopicIdPartition, Long> oldest = new ConcurrentHashMap<>();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        ends.forEach((partition, end) -> {
            OptionalLong committed = group.committed(partition);
            if (committed.isPresent() && lag(committed.getAsLong(), end) > 0) {
                long from = Math.max(committed.getAsLong(), end.logStartOffset());
                all.add(fetch(Map.of(partition, new FetchPosition.AtOffset(from)), ONE_BATCH).thenAccept(parts ->
                        parts.values().stream().filter(part -> part.result() != null).forEach(part ->
                                timestamp(part.result().batches(), from).ifPresent(at -> oldest.put(partition, at)))));
            }
        });
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApply(done -> oldest);
    }

    private static OptionalLong timestamp(ByteBuffer batches, long from) {
        for (RecordBatch batch : RecordBatch.in(batches)) {
            try (RecordIterator records = batch.records()) {
                while (records.hasNext()) {
                    Record record = records.next();
                    if (record.offset() >= from) {
                        return OptionalLong.of(record.timestamp());
                    }
                }
            }
        }
        return OptionalLong.empty();
    }

    CompletableFuture<List<GroupLag>> lags(Map<String, GroupState> groups) {
        SortedSet<TopicIdPartition> all = new TreeSet<>();
        groups.values().forEach(group -> all.addAll(committed(group).keySet()));
        return ends(all).thenApply(ends -> {
            List<GroupLag> lags = new ArrayList<>();
            new TreeMap<>(groups).forEach((id, group) -> committed(group).forEach((partition, offset) -> {
                FetchResult end = ends.get(partition);
                if (end != null) {
                    lags.add(new GroupLag(id, partition.partition(), lag(offset, end)));
                }
            }));
            return lags;
        });
    }

    /** Where a reset would go. */
    CompletableFuture<SortedMap<TopicIdPartition, OffsetChange>> plan(String id, GroupState group, OffsetTarget target, Collection<String> topics,
                                               Collection<TopicPartition> partitions) {
        GroupChanges.requireEmpty(group, id);
        SortedSet<TopicIdPartition> chosen = chosen(group, topics, partitions);
        Map<TopicIdPartition, FetchPosition> earliest = new HashMap<>();
        Map<TopicIdPartition, FetchPosition> wanted = new HashMap<>();
        for (TopicIdPartition each : chosen) {
            earliest.put(each, new FetchPosition.Earliest());
            wanted.put(each, target instanceof OffsetTarget.AtTimestamp at ? new FetchPosition.AtTimestamp(at.timestamp())
                    : new FetchPosition.Latest());
        }
        return fetch(earliest, 0).thenCombine(fetch(wanted, 0), (begins, ends) -> {
            TreeMap<TopicIdPartition, OffsetChange> changes = new TreeMap<>();
            begins.forEach((each, begin) -> {
                OptionalLong before = group.committed(each);
                changes.put(each, new OffsetChange(each.partition(), before.isPresent() ? before.getAsLong() : null,
                        after(target, before, offset(begin), offset(ends.get(each)))));
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

    private SortedSet<TopicIdPartition> chosen(GroupState group, Collection<String> topics,
                                               Collection<TopicPartition> partitions) {
        SortedSet<TopicIdPartition> chosen = new TreeSet<>();
        Map<String, TopicInfo> existing = context.log().topics();
        partitions.forEach(each -> chosen.add(new TopicIdPartition(existing(each.topic(), existing).id(), each)));
        for (String topic : topics) {
            TopicInfo info = existing(topic, existing);
            for (int partition = 0; partition < info.partitions(); partition++) {
                chosen.add(new TopicIdPartition(info.id(), new TopicPartition(topic, partition)));
            }
        }
        if (topics.isEmpty() && partitions.isEmpty()) {
            chosen.addAll(committed(group).keySet());
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

    /** What is committed in topics that there are. */
    private TreeMap<TopicIdPartition, Long> committed(GroupState group) {
        Map<String, TopicInfo> existing = context.log().topics();
        TreeMap<TopicIdPartition, Long> committed = new TreeMap<>();
        group.offsets().forEach((topic, offsets) -> {
            TopicInfo info = existing.get(topic);
            if (info != null && info.id().equals(offsets.topicId())) {
                offsets.byPartition().forEach((partition, offset) -> {
                    if (partition < info.partitions()) {
                        committed.put(new TopicIdPartition(info.id(), new TopicPartition(topic, partition)), offset.offset());
                    }
                });
            }
        });
        return committed;
    }
}
