package io.millrace.group;

import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.group.offsets.TopicOffsets;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Reads a group as earlier versions kept it, in a register: JSON that a person can read. What there is much of is short: partitions of a topic are {@code [partition]},
 * {@code [partition, epoch]}, {@code [partition, position, leader epoch]} or
 * {@code [partition, offset, ms since the epoch, leader epoch]}.
 */
final class GroupRegisterCodec {
    /** Characters of a register that cannot be read that a message has. */
    private static final int SHOWN = 200;

    /** No topic has it: what an earlier version wrote of it is given out anew. */
    private static final UUID NOT_KNOWN = new UUID(0, 0);

    private final Jsonb jsonb = JsonbBuilder.create();

    /** The JSON of a group. */
    public static final class GroupBean {
        public int epoch;
        public String assignor;
        public String inputs;
        public long emptySince;
        /** None when an earlier version wrote it. */
        public TreeMap<String, String> topicIds;
        public List<MemberBean> members;
        public TreeMap<String, OffsetsBean> offsets;
    }

    /** The JSON of a member; what is null has its default. */
    public static final class MemberBean {
        public String name;
        /** None when an earlier version wrote it, as the two below. */
        public String incarnation;
        public boolean nameReused;
        public String replaced;
        public String form;
        public String reset;
        public boolean autoCommit;
        public boolean readCommitted;
        public int minBytes;
        public long requestTimeoutMs;
        public int maxPollRecords;
        public long sessionTimeoutMs;
        public String instanceId;
        public String wantedAssignor;
        public List<String> topics;
        public String pattern;
        public TreeMap<String, long[][]> assigned;
        public String status;
        public long since;
        public int epoch;
        public TreeMap<String, long[][]> owned;
        public TreeMap<String, long[][]> target;
        public TreeMap<String, long[][]> positions;
        public long lastPoll;
    }

    /** The JSON of the committed offsets in one topic. */
    public static final class OffsetsBean {
        public String topicId;
        public boolean anew;
        public long[][] committed;
    }

    /** @throws IllegalStateException when the text is not a group */
    GroupState decode(String json) {
        try {
            GroupBean bean = jsonb.fromJson(json, GroupBean.class);
            TreeMap<String, GroupMember> members = new TreeMap<>();
            bean.members.forEach(member -> members.put(member.name, member(member)));
            TreeMap<String, TopicOffsets> offsets = new TreeMap<>();
            bean.offsets.forEach((topic, of) -> {
                TreeMap<Integer, CommittedOffset> byPartition = new TreeMap<>();
                for (long[] row : of.committed) {
                    byPartition.put(Math.toIntExact(row[0]), new CommittedOffset(position(row, 1, 3), row[2]));
                }
                offsets.put(topic, new TopicOffsets(UUID.fromString(of.topicId), of.anew, byPartition));
            });
            TreeMap<String, UUID> topicIds = new TreeMap<>();
            if (bean.topicIds == null) {
                members.values().forEach(member -> {
                    member.owned().keySet().forEach(each -> topicIds.put(each.topic(), NOT_KNOWN));
                    member.target().forEach(each -> topicIds.put(each.topic(), NOT_KNOWN));
                });
                topicIds.replaceAll((topic, none) -> offsets.containsKey(topic) ? offsets.get(topic).topicId() : none);
            } else {
                bean.topicIds.forEach((topic, id) -> topicIds.put(topic, UUID.fromString(id)));
            }
            TreeMap<String, Kept> kept = new TreeMap<>();
            bean.members.forEach(member ->
                    kept.put(member.name, new Kept(positions(member.positions, topicIds), member.lastPoll)));
            return new GroupState(new Membership(bean.epoch, bean.assignor, Long.parseUnsignedLong(bean.inputs, 16), topicIds,
                    members, bean.emptySince), new GroupOffsets(offsets), new KeptPositions(kept));
        } catch (JsonbException | NullPointerException | IllegalArgumentException | ArithmeticException
                 | ArrayIndexOutOfBoundsException | BrokerException notAGroup) {
            throw new IllegalStateException("not a group's register: it has " + json.length() + " characters, and begins with "
                    + json.substring(0, Math.min(SHOWN, json.length())), notAGroup);
        }
    }

    private static GroupMember member(MemberBean bean) {
        ConsumerConfig config = new ConsumerConfig(RecordForm.valueOf(bean.form), OffsetReset.valueOf(bean.reset),
                bean.autoCommit, bean.readCommitted ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED,
                bean.minBytes, bean.requestTimeoutMs, bean.maxPollRecords,
                bean.sessionTimeoutMs, bean.instanceId, bean.wantedAssignor);
        TreeMap<TopicPartition, Integer> owned = new TreeMap<>();
        numbers(bean.owned).forEach((partition, epoch) -> owned.put(partition, Math.toIntExact(epoch)));
        return new GroupMember(bean.name, incarnation(bean), config, subscription(bean), Status.valueOf(bean.status), bean.since, bean.epoch,
                owned, partitions(bean.target));
    }

    private static Incarnation incarnation(MemberBean bean) {
        return bean.incarnation == null ? Incarnation.UNKNOWN
                : new Incarnation(bean.incarnation, !bean.nameReused, bean.replaced);
    }

    private static Subscription subscription(MemberBean bean) {
        if (bean.topics != null) {
            return new Subscription.Topics(new TreeSet<>(bean.topics));
        } else if (bean.pattern != null) {
            return new Subscription.Matching(Subscription.TopicPattern.of(bean.pattern));
        }
        return bean.assigned != null ? new Subscription.Assigned(partitions(bean.assigned)) : new Subscription.None();
    }

    private static TreeSet<TopicPartition> partitions(Map<String, long[][]> rows) {
        TreeSet<TopicPartition> partitions = new TreeSet<>();
        rows.forEach((topic, list) -> {
            for (long[] row : list) {
                partitions.add(new TopicPartition(topic, Math.toIntExact(row[0])));
            }
        });
        return partitions;
    }

    private static TreeMap<TopicIdPartition, Position> positions(Map<String, long[][]> rows, Map<String, UUID> topicIds) {
        TreeMap<TopicIdPartition, Position> positions = new TreeMap<>();
        rows.forEach((topic, list) -> {
            for (long[] row : list) {
                positions.put(new TopicIdPartition(topicIds.get(topic), new TopicPartition(topic, Math.toIntExact(row[0]))),
                        position(row, 1, 2));
            }
        });
        return positions;
    }

    /** An earlier version wrote no epoch. */
    private static Position position(long[] row, int offset, int epoch) {
        return new Position(row[offset], row.length > epoch ? Math.toIntExact(row[epoch]) : Position.NO_EPOCH);
    }

    private static TreeMap<TopicPartition, Long> numbers(Map<String, long[][]> rows) {
        TreeMap<TopicPartition, Long> numbers = new TreeMap<>();
        rows.forEach((topic, list) -> {
            for (long[] row : list) {
                numbers.put(new TopicPartition(topic, Math.toIntExact(row[0])), row[1]);
            }
        });
        return numbers;
    }
}
