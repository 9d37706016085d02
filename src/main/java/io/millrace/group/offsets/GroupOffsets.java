package io.millrace.group.offsets;

import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How far a group has come: a value. Who may say so is not its matter.
 *
 * @param byTopic by the topic's name
 */
public record GroupOffsets(SortedMap<String, TopicOffsets> byTopic) {
    public static final GroupOffsets NONE = new GroupOffsets(new TreeMap<>());
    /** Names of deleted topics that a group remembers: some read topics that come and go for ever. */
    private static final int MOST_REMEMBERED = 1_000;
    /** Of the records of offsets that go at once, beside whatever else there is to be written in the same batch. */
    private static final int MOST_BYTES_AT_ONCE = 1 << 20;
    private static final int RECORD_OVERHEAD = 64;

    public GroupOffsets {
        byTopic = Collections.unmodifiableSortedMap(new TreeMap<>(byTopic));
    }

    /** How many offsets of a group may go at once: each takes a record, in which the names of the group and of a topic stand. */
    public static int mostAtOnce(String group) {
        return MOST_BYTES_AT_ONCE / (RECORD_OVERHEAD + TopicName.MAX_LENGTH + group.getBytes(StandardCharsets.UTF_8).length);
    }

    public boolean isEmpty() {
        return byTopic.isEmpty();
    }

    public OptionalLong committed(TopicIdPartition partition) {
        Position position = position(partition);
        return position == null ? OptionalLong.empty() : OptionalLong.of(position.offset());
    }

    /** Where the group goes on in a partition, or null where nothing is committed. */
    public Position position(TopicIdPartition partition) {
        CommittedOffset offset = of(partition);
        return offset == null ? null : offset.position();
    }

    /** What is committed in a partition, or null. */
    public CommittedOffset of(TopicIdPartition partition) {
        TopicOffsets topic = byTopic.get(partition.topic());
        return topic == null || !topic.topicId().equals(partition.topicId()) ? null
                : topic.byPartition().get(partition.partition().partition());
    }

    /** Whether what is known of the topic's name is of another topic. */
    public boolean isOfAnother(TopicIdPartition partition) {
        TopicOffsets topic = byTopic.get(partition.topic());
        return topic != null && !topic.topicId().equals(partition.topicId());
    }

    /** Whether all that was seen is of topics that are known here by the same ids, if they are known. */
    public boolean areOfTheSame(Collection<SeenOffset> seen) {
        return seen.stream().allMatch(each -> each.committed() == null || !byTopic.containsKey(each.partition().topic())
                || byTopic.get(each.partition().topic()).topicId().equals(each.topicId()));
    }

    /** As it was seen in some partitions, in topics that are known by the same ids here, if they are known. */
    public GroupOffsets seen(Collection<SeenOffset> seen) {
        TreeMap<String, TopicOffsets> all = new TreeMap<>(byTopic);
        Map<String, TreeMap<Integer, CommittedOffset>> changed = new TreeMap<>();
        for (SeenOffset each : seen) {
            String name = each.partition().topic();
            TopicOffsets before = all.get(name);
            if (before == null && each.committed() == null) {
                continue;
            } else if (before == null) {
                all.put(name, new TopicOffsets(each.topicId(), false, new TreeMap<>()));
            }
            TreeMap<Integer, CommittedOffset> byPartition = changed.computeIfAbsent(name, added ->
                    new TreeMap<>(all.get(name).byPartition()));
            if (each.committed() == null) {
                byPartition.remove(each.partition().partition());
            } else {
                byPartition.put(each.partition().partition(), each.committed());
            }
        }
        changed.forEach((name, byPartition) -> {
            TopicOffsets of = all.get(name);
            if (byPartition.isEmpty() && !of.anew()) {
                all.remove(name);
            } else {
                all.put(name, new TopicOffsets(of.topicId(), of.anew(), byPartition));
            }
        });
        return new GroupOffsets(all);
    }

    /** Whether the group had committed in an earlier topic of this name. */
    public boolean isAnew(TopicIdPartition partition) {
        TopicOffsets topic = byTopic.get(partition.topic());
        return topic != null && (topic.anew() || !topic.topicId().equals(partition.topicId()));
    }

    /** With these committed, without metadata, by whoever may. Those in an earlier topic of the same name go. */
    public GroupOffsets committing(Map<TopicIdPartition, Position> positions, long nowMs) {
        TreeMap<TopicIdPartition, CommittedOffset> offsets = new TreeMap<>();
        positions.forEach((partition, position) -> offsets.put(partition, new CommittedOffset(position, nowMs)));
        return committing(offsets);
    }

    /** As above. */
    public GroupOffsets committing(Map<TopicIdPartition, CommittedOffset> offsets) {
        if (offsets.isEmpty()) {
            return this;
        }
        Map<String, TreeMap<Integer, CommittedOffset>> changed = new TreeMap<>();
        TreeMap<String, TopicOffsets> all = new TreeMap<>(byTopic);
        offsets.forEach((partition, offset) -> changed.computeIfAbsent(partition.topic(), name -> {
            TopicOffsets before = byTopic.get(name);
            boolean same = before != null && before.topicId().equals(partition.topicId());
            all.put(name, new TopicOffsets(partition.topicId(), isAnew(partition), new TreeMap<>()));
            return same ? new TreeMap<>(before.byPartition()) : new TreeMap<>();
        }).put(partition.partition().partition(), offset));
        changed.forEach((name, byPartition) -> all.computeIfPresent(name, (topic, of) ->
                new TopicOffsets(of.topicId(), of.anew(), byPartition)));
        return new GroupOffsets(all);
    }

    /**
     * Without what nobody came back for, or a part of it: the rest goes with the next look.
     *
     * @param used         topics that somebody reads: what is committed there stays
     * @param notBeforeMs  what is younger than this counts from then, in ms since the epoch
     * @param retentionMs  how long the rest stays after it was committed, in ms
     * @param most         offsets that go at once
     */
    public GroupOffsets withoutExpired(Collection<String> used, long notBeforeMs, long retentionMs, long nowMs, int most) {
        TreeMap<String, TopicOffsets> kept = new TreeMap<>();
        AtomicInteger room = new AtomicInteger(most);
        byTopic.forEach((topic, offsets) -> {
            TreeMap<Integer, CommittedOffset> fresh = new TreeMap<>(offsets.byPartition());
            fresh.values().removeIf(offset -> !used.contains(topic)
                    && nowMs - Math.max(offset.committedAtMs(), notBeforeMs) > retentionMs && room.getAndDecrement() > 0);
            if (!fresh.isEmpty() || offsets.byPartition().isEmpty()) {
                kept.put(topic, new TopicOffsets(offsets.topicId(), offsets.anew(), fresh));
            }
        });
        return kept.equals(byTopic) ? this : new GroupOffsets(kept);
    }

    /**
     * Without what was committed in topics that were deleted since, or a part of it: the rest goes with the next look. That a group had read an earlier topic of a name is not
     * forgotten while anybody is in it: of the next one it is to miss nothing, and what is said of the one is not of the other.
     *
     * @param existing    at least as new as those that were committed in
     * @param isInhabited whether there are members
     * @param most        offsets that go at once
     */
    public GroupOffsets withoutDeleted(Map<String, TopicInfo> existing, boolean isInhabited, int most) {
        TreeMap<String, TopicOffsets> kept = new TreeMap<>();
        int remembered = 0;
        int room = most;
        for (Map.Entry<String, TopicOffsets> each : byTopic.entrySet()) {
            TopicOffsets offsets = each.getValue();
            TopicInfo info = existing.get(each.getKey());
            if (info != null && info.id().equals(offsets.topicId()) && !offsets.byPartition().isEmpty()) {
                kept.put(each.getKey(), offsets);
                continue;
            }
            TreeMap<Integer, CommittedOffset> left = without(offsets, room);
            room -= offsets.byPartition().size() - left.size();
            boolean isRemembered = isInhabited && remembered++ < MOST_REMEMBERED;
            if (!left.isEmpty() || isRemembered) {
                kept.put(each.getKey(), new TopicOffsets(offsets.topicId(), isRemembered || offsets.anew(), left));
            }
        }
        return kept.equals(byTopic) ? this : new GroupOffsets(kept);
    }

    /** Whether any are of a topic that was deleted. */
    public boolean areOfDeleted(Map<String, TopicInfo> existing) {
        return byTopic.entrySet().stream().anyMatch(each -> {
            TopicInfo info = existing.get(each.getKey());
            return !each.getValue().byPartition().isEmpty() && (info == null || !info.id().equals(each.getValue().topicId()));
        });
    }

    /**
     * Without as many as may go at once.
     *
     * @param most that number
     */
    public GroupOffsets withoutSome(int most) {
        TreeMap<String, TopicOffsets> kept = new TreeMap<>();
        int room = most;
        for (Map.Entry<String, TopicOffsets> each : byTopic.entrySet()) {
            TreeMap<Integer, CommittedOffset> left = without(each.getValue(), room);
            room -= each.getValue().byPartition().size() - left.size();
            if (!left.isEmpty()) {
                kept.put(each.getKey(), new TopicOffsets(each.getValue().topicId(), each.getValue().anew(), left));
            }
        }
        return new GroupOffsets(kept);
    }

    private static TreeMap<Integer, CommittedOffset> without(TopicOffsets offsets, int most) {
        TreeMap<Integer, CommittedOffset> left = new TreeMap<>(offsets.byPartition());
        for (int gone = 0; gone < most && !left.isEmpty(); gone++) {
            left.pollFirstEntry();
        }
        return left;
    }

    /** What is committed in topics that there are. */
    public SortedMap<TopicIdPartition, Long> in(Map<String, TopicInfo> existing) {
        TreeMap<TopicIdPartition, Long> committed = new TreeMap<>();
        byTopic.forEach((topic, offsets) -> {
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
