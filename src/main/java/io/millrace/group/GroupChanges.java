package io.millrace.group;

import io.millrace.broker.BrokerException;
import io.millrace.broker.ErrorKind;
import io.millrace.broker.TopicInfo;
import io.millrace.broker.TopicPartition;
import io.millrace.group.GroupMember.Status;
import io.millrace.group.GroupState.TopicOffsets;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The changes of a group, each a function from one state to the next. None of them shares partitions out: that is
 * {@link Rebalance}'s, after each.
 */
final class GroupChanges {
    /** The caller does not say in which epoch it was given what it commits. */
    static final int ANY_EPOCH = -1;

    private GroupChanges() {
    }

    /**
     * A new consumer. One of that name whose session is over makes room; a static one takes the place of the one with
     * its group.instance.id, partitions included.
     *
     * @throws BrokerException CONSUMER_EXISTS; OVERLOADED when there are {@code maxSize} already
     */
    static GroupState create(GroupState state, String name, ConsumerConfig config, int maxSize, long nowMs) {
        GroupMember sameName = state.member(name);
        GroupMember sameInstance = config.isStatic() ? state.members().values().stream()
                .filter(member -> config.instanceId().equals(member.config().instanceId())).findFirst().orElse(null) : null;
        if (sameName != null && sameName.status() == Status.ACTIVE && sameName != sameInstance) {
            throw new BrokerException(ErrorKind.CONSUMER_EXISTS, ("a consumer '%s' exists in this group already: choose"
                    + " another name, or delete it").formatted(name));
        }
        GroupState room = sameName == null ? state : state.withoutMember(name);
        if (sameInstance != null) {
            return room.withoutMember(sameInstance.name()).withMember(sameInstance.takenBy(name, config, nowMs));
        }
        if (room.members().size() >= maxSize) {
            throw new BrokerException(ErrorKind.OVERLOADED, ("the group has %d consumers, as many as it may"
                    + " (millrace.group.max.size): delete some").formatted(maxSize));
        }
        return room.withMember(GroupMember.created(name, config, nowMs));
    }

    /**
     * Says anew what a consumer wants to read.
     *
     * @throws BrokerException UNKNOWN_CONSUMER; ILLEGAL_SUBSCRIPTION from shared topics to partitions of one's own or back,
     *                         and when another consumer has one of those partitions; UNKNOWN_TOPIC, UNKNOWN_PARTITION
     */
    static GroupState subscribe(GroupState state, String name, Subscription wanted, Map<String, TopicInfo> topics) {
        GroupMember member = require(state, name);
        Subscription before = member.subscription();
        boolean changesKind = before instanceof Subscription.Assigned && wanted.isShared()
                || before.isShared() && wanted instanceof Subscription.Assigned;
        if (changesKind) {
            throw new BrokerException(ErrorKind.ILLEGAL_SUBSCRIPTION, "subscriptions to topics, partitions, and patterns are"
                    + " mutually exclusive: delete the subscription of consumer '" + name + "' first");
        }
        if (wanted instanceof Subscription.Assigned assigned) {
            requireFree(state, name, assigned.partitions(), topics);
        }
        return state.withMember(member.withSubscription(wanted));
    }

    private static void requireFree(GroupState state, String name, Collection<TopicPartition> partitions,
                                    Map<String, TopicInfo> topics) {
        for (TopicPartition partition : partitions) {
            TopicInfo topic = topics.get(partition.topic());
            if (topic == null) {
                throw new BrokerException(ErrorKind.UNKNOWN_TOPIC, "there is no topic '%s': create it first"
                        .formatted(partition.topic()));
            } else if (partition.partition() < 0 || partition.partition() >= topic.partitions()) {
                throw new BrokerException(ErrorKind.UNKNOWN_PARTITION, "topic '%s' has no partition %d: it has %d"
                        .formatted(partition.topic(), partition.partition(), topic.partitions()));
            }
            for (GroupMember other : state.members().values()) {
                if (!other.name().equals(name) && (other.owns(partition) || other.target().contains(partition))) {
                    throw new BrokerException(ErrorKind.ILLEGAL_SUBSCRIPTION, ("partition %s has an owner in this group"
                            + " already, consumer '%s'; use another group, or wait until it is gone")
                            .formatted(partition, other.name()));
                }
            }
        }
    }

    /** A consumer that goes for good, or a static one that may be back: its place is kept. None: nothing changes. */
    static GroupState leave(GroupState state, String name, long nowMs) {
        GroupMember member = state.member(name);
        if (member == null) {
            return state;
        }
        boolean mayBeBack = member.config().isStatic() && member.status() == Status.ACTIVE;
        return mayBeBack ? state.withMember(member.withStatus(Status.AWAY, nowMs)) : state.withoutMember(name);
    }

    /** A consumer that was not heard of for its session timeout. */
    static GroupState expire(GroupState state, String name, long nowMs) {
        GroupMember member = state.member(name);
        if (member == null || member.status() == Status.DORMANT) {
            return state;
        }
        return member.status() == Status.AWAY ? state.withoutMember(name)
                : state.withMember(member.withStatus(Status.DORMANT, nowMs)
                        .withTarget(new TreeSet<>()).withOwned(new TreeMap<>(), state.epoch()));
    }

    /** A consumer that is heard of again. */
    static GroupState rejoin(GroupState state, String name, long nowMs) {
        GroupMember member = require(state, name);
        return member.status() == Status.ACTIVE ? state : state.withMember(member.withStatus(Status.ACTIVE, nowMs));
    }

    /**
     * Moves committed offsets.
     *
     * @param memberEpoch that the caller read in, or {@link #ANY_EPOCH}: a partition that it was given later is not its
     *                    own yet
     * @throws BrokerException UNKNOWN_CONSUMER; FENCED when one of the partitions is not the consumer's, or would go back
     *                         although the consumer did not seek back; nothing is committed then
     */
    static GroupState commit(GroupState state, String name, SortedMap<TopicPartition, Long> offsets, int memberEpoch,
                             Map<String, TopicInfo> topics, long nowMs) {
        GroupMember member = require(state, name);
        TreeMap<TopicPartition, Long> positions = new TreeMap<>(member.positions());
        for (Map.Entry<TopicPartition, Long> each : offsets.entrySet()) {
            requireOwned(member, each.getKey(), memberEpoch);
            TopicInfo topic = topics.get(each.getKey().topic());
            if (topic == null) {
                throw new BrokerException(ErrorKind.UNKNOWN_TOPIC, "topic '%s' is gone".formatted(each.getKey().topic()));
            }
            OptionalLong before = state.committed(each.getKey(), topic.id());
            Long sought = positions.remove(each.getKey());
            boolean back = before.isPresent() && each.getValue() < before.getAsLong();
            if (back && (sought == null || sought > each.getValue())) {
                throw new BrokerException(ErrorKind.FENCED, ("offset %d of %s is before the committed one, %d: seek back"
                        + " first, or reset the group's offsets").formatted(each.getValue(), each.getKey(), before.getAsLong()));
            }
        }
        return committing(state, offsets, topics, nowMs).withMember(member.withPositions(positions));
    }

    private static void requireOwned(GroupMember member, TopicPartition partition, int memberEpoch) {
        Integer since = member.owned().get(partition);
        if (since == null) {
            throw new BrokerException(ErrorKind.FENCED, ("partition %s is not, or no longer, consumer '%s''s: its session"
                    + " ended or it did not let go in time, and another may read it now; poll again, what was not"
                    + " committed is delivered again").formatted(partition, member.name()));
        } else if (memberEpoch != ANY_EPOCH && memberEpoch < since) {
            throw new BrokerException(ErrorKind.FENCED, ("consumer '%s' speaks of epoch %d, but partition %s was given to it"
                    + " in epoch %d: poll again").formatted(member.name(), memberEpoch, partition, since));
        }
    }

    /** Offsets set by whoever may; topics that are gone are passed over. */
    static GroupState committing(GroupState state, Map<TopicPartition, Long> offsets, Map<String, TopicInfo> topics,
                                 long nowMs) {
        TreeMap<String, TopicOffsets> changed = new TreeMap<>(state.offsets());
        Map<String, TreeMap<Integer, CommittedOffset>> byTopic = new TreeMap<>();
        offsets.forEach((partition, offset) -> {
            TopicInfo topic = topics.get(partition.topic());
            if (topic != null) {
                byTopic.computeIfAbsent(partition.topic(), name -> {
                    TopicOffsets before = state.offsets().get(name);
                    return before == null || !before.topicId().equals(topic.id()) ? new TreeMap<>()
                            : new TreeMap<>(before.byPartition());
                }).put(partition.partition(), new CommittedOffset(offset, nowMs));
            }
        });
        byTopic.forEach((name, all) -> changed.put(name, new TopicOffsets(topics.get(name).id(), all)));
        return state.withOffsets(changed);
    }

    /** Where a group begins: of partitions that a member owns and of which nothing is committed. */
    static GroupState begin(GroupState state, String name, Map<TopicPartition, Long> offsets,
                            Map<String, TopicInfo> topics, long nowMs) {
        GroupMember member = require(state, name);
        TreeMap<TopicPartition, Long> missing = new TreeMap<>(offsets);
        missing.keySet().removeIf(partition -> !member.owns(partition) || !topics.containsKey(partition.topic())
                || state.committed(partition, topics.get(partition.topic()).id()).isPresent());
        return committing(state, missing, topics, nowMs);
    }

    /**
     * Where a consumer goes on reading.
     *
     * @throws BrokerException UNKNOWN_CONSUMER, NOT_ASSIGNED
     */
    static GroupState seek(GroupState state, String name, Map<TopicPartition, Long> offsets) {
        GroupMember member = require(state, name);
        for (TopicPartition partition : offsets.keySet()) {
            requireAssigned(member, partition);
        }
        TreeMap<TopicPartition, Long> positions = new TreeMap<>(member.positions());
        positions.putAll(offsets);
        return state.withMember(member.withPositions(positions));
    }

    /** Of a topic that was deleted, and created anew. */
    static GroupState forgetPositions(GroupState state, String topic) {
        GroupState next = state;
        for (GroupMember member : state.members().values()) {
            TreeMap<TopicPartition, Long> kept = new TreeMap<>(member.positions());
            if (kept.keySet().removeIf(partition -> partition.topic().equals(topic))) {
                next = next.withMember(member.withPositions(kept));
            }
        }
        return next;
    }

    /** @throws BrokerException NOT_ASSIGNED */
    static void requireAssigned(GroupMember member, TopicPartition partition) {
        if (!member.owns(partition)) {
            throw new BrokerException(ErrorKind.NOT_ASSIGNED, "partition %s is not assigned to consumer '%s'"
                    .formatted(partition, member.name()));
        }
    }

    /**
     * What a member had read when its coordinator let go.
     *
     * @param lastPoll number of the poll that gave it the last of that
     */
    record Read(Map<TopicPartition, Long> positions, long lastPoll) {
    }

    /** What each member had read when its coordinator let go, so that the next one goes on from there. */
    static GroupState handOver(GroupState state, Map<String, Read> read,
                               Map<String, TopicInfo> topics) {
        GroupState next = state;
        for (Map.Entry<String, Read> each : read.entrySet()) {
            GroupMember member = next.member(each.getKey());
            if (member != null) {
                // Where it read nothing since it got this coordinator, it goes on as it was to.
                TreeMap<TopicPartition, Long> kept = new TreeMap<>(member.positions());
                each.getValue().positions().forEach((partition, position) -> {
                    TopicInfo topic = topics.get(partition.topic());
                    OptionalLong committed = topic == null ? OptionalLong.empty() : state.committed(partition, topic.id());
                    // Behind what is committed it can only be by its own wish, which is written down already.
                    if (kept.containsKey(partition) || position > committed.orElse(-1)) {
                        kept.put(partition, position);
                    }
                });
                kept.keySet().retainAll(member.owned().keySet());
                next = next.withMember(member.withPositions(kept).withLastPoll(each.getValue().lastPoll()));
            }
        }
        GroupState.Claim claim = state.claim();
        return next.withClaim(new GroupState.Claim(claim.epoch(), claim.broker(), claim.session(), true));
    }

    /**
     * Sets offsets from outside, and forgets where consumers that are not there wanted to go on.
     *
     * @throws BrokerException GROUP_NOT_EMPTY
     */
    static GroupState reset(GroupState state, String group, Map<TopicPartition, Long> offsets,
                            Map<String, TopicInfo> topics, long nowMs) {
        requireEmpty(state, group);
        GroupState next = committing(state, offsets, topics, nowMs);
        for (GroupMember member : state.members().values()) {
            next = next.withMember(member.withPositions(new TreeMap<>()));
        }
        return next;
    }

    /** @throws BrokerException GROUP_NOT_EMPTY */
    static void requireEmpty(GroupState state, String group) {
        if (!state.isEmpty()) {
            throw new BrokerException(ErrorKind.GROUP_NOT_EMPTY, ("group '%s' has consumers that take part, such as '%s': stop"
                    + " them, or delete them from the group, first").formatted(group, state.members().values().stream()
                    .filter(GroupMember::takesPart).findFirst().orElseThrow().name()));
        }
    }

    /** @throws BrokerException UNKNOWN_CONSUMER */
    static GroupState remove(GroupState state, String name) {
        if (state.member(name) == null) {
            throw unknown(name);
        }
        return state.withoutMember(name);
    }

    /**
     * Drops what nobody came back for: committed offsets after {@code retentionMs} without a member that reads their
     * topic, dormant members after {@code idleMs}.
     */
    static GroupState forget(GroupState state, Collection<String> subscribed, long retentionMs, long idleMs, long nowMs) {
        GroupState next = state;
        for (GroupMember member : state.members().values()) {
            if (member.status() == Status.DORMANT && nowMs - member.sinceMs() > idleMs) {
                next = next.withoutMember(member.name());
            }
        }
        TreeMap<String, TopicOffsets> kept = new TreeMap<>();
        next.offsets().forEach((topic, offsets) -> {
            TreeMap<Integer, CommittedOffset> fresh = new TreeMap<>(offsets.byPartition());
            fresh.values().removeIf(offset -> !subscribed.contains(topic)
                    && nowMs - Math.max(offset.committedAtMs(), state.emptySinceMs()) > retentionMs);
            if (!fresh.isEmpty()) {
                kept.put(topic, new TopicOffsets(offsets.topicId(), fresh));
            }
        });
        return kept.equals(next.offsets()) ? next : next.withOffsets(kept);
    }

    static GroupMember require(GroupState state, String name) {
        GroupMember member = state.member(name);
        if (member == null || member.status() == Status.AWAY) {
            throw unknown(name);
        }
        return member;
    }

    private static BrokerException unknown(String name) {
        return new BrokerException(ErrorKind.UNKNOWN_CONSUMER,
                "there is no consumer '%s' in this group: create it first".formatted(name));
    }
}
