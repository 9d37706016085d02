package io.millrace.group.offsets;

import io.millrace.metadata.TopicIdPartition;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** How far groups are behind: the end of a partition minus what is committed, or minus its start where that is larger. */
public final class Lags {
    /** Enough for the first record that is not read: a fetch gives one batch at least. */
    private static final int ONE_BATCH = 1;

    private final GroupLog log;
    private final PartitionEnds ends;

    public Lags(GroupLog log) {
        this.log = log;
        this.ends = new PartitionEnds(log);
    }

    /** In records. */
    public static long lag(long committed, FetchResult end) {
        return Math.max(0, end.offset() - Math.max(committed, end.logStartOffset()));
    }

    /** Of all partitions in which the groups have committed, whose leaders answer. @param groups by name */
    public CompletableFuture<List<GroupLag>> of(Map<String, GroupOffsets> groups) {
        SortedSet<TopicIdPartition> all = new TreeSet<>();
        SortedMap<String, SortedMap<TopicIdPartition, Long>> committed = new TreeMap<>();
        groups.forEach((id, offsets) -> committed.put(id, offsets.in(log.topics())));
        committed.values().forEach(each -> all.addAll(each.keySet()));
        return ends.known(all).thenApply(found -> {
            List<GroupLag> lags = new ArrayList<>();
            committed.forEach((id, offsets) -> offsets.forEach((partition, offset) -> {
                FetchResult end = found.get(partition);
                if (end != null) {
                    lags.add(new GroupLag(id, partition.partition(), lag(offset, end)));
                }
            }));
            return lags;
        });
    }

    /** Timestamps (ms since the epoch) of the first records that are not read yet, one fetch a partition: each gives one batch. */
    public CompletableFuture<Map<TopicIdPartition, Long>> oldestUnread(GroupOffsets group, Map<TopicIdPartition, FetchResult> known) {
        Map<TopicIdPartition, Long> oldest = new ConcurrentHashMap<>();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        known.forEach((partition, end) -> {
            OptionalLong committed = group.committed(partition);
            if (committed.isPresent() && lag(committed.getAsLong(), end) > 0) {
                long from = Math.max(committed.getAsLong(), end.logStartOffset());
                all.add(ends.fetch(Map.of(partition, new FetchPosition.AtOffset(from)), ONE_BATCH).thenAccept(parts ->
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
}
