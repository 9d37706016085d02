package io.millrace.group;

import io.millrace.group.GroupMember.Status;
import io.millrace.group.GroupState.TopicOffsets;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
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
     * @throws BrokerException UNKNOWN_CONSUMER; FENCED when one of the partitions is not the consumer's, or of a topic that was
     *                         deleted and created anew, or would go back although the consumer did not seek back; nothing is
     *                         committed then
     */
    static GroupState commit(GroupState state, String name, SortedMap<TopicIdPartition, Long> offsets, int memberEpoch,
                             Map<String, TopicInfo> topics, long nowMs) {
        GroupMember member = require(state, name);
        TreeMap<TopicPartition, Long> positions = new TreeMap<>(member.positions());
        for (Map.Entry<TopicIdPartition, Long> each : offsets.entrySet()) {
            requireOwned(state, member, each.getKey(), memberEpoch);
            requireCurrent(member, each.getKey(), topics);
            OptionalLong before = state.committed(each.getKey());
            Long sought = positions.remove(each.getKey().partition());
            boolean back = before.isPresent() && each.getValue() < before.getAsLong();
            if (back && (sought == null || sought > each.getValue())) {
                throw new BrokerException(ErrorKind.FENCED, ("offset %d of %s is before the committed one, %d: seek back"
                        + " first, or reset the group's offsets").formatted(each.getValue(), each.getKey(), before.getAsLong()));
            }
        }
        return committing(state, offsets, nowMs).withMember(member.withPositions(positions));
    }

    private static void requireOwned(GroupState state, GroupMember member, TopicIdPartition partition, int memberEpoch) {
        Integer since = member.owned().get(partition.partition());
        if (since == null) {
            throw notOwned(member, partition.partition());
        } else if (!state.owns(member, partition)) {
            throw anew(member, partition.topic());
        } else if (memberEpoch != ANY_EPOCH && memberEpoch < since) {
            throw new BrokerException(ErrorKind.FENCED, ("consumer '%s' speaks of epoch %d, but partition %s was given to it"
                    + " in epoch %d: poll again").formatted(member.name(), memberEpoch, partition, since));
        }
    }

    static BrokerException notOwned(GroupMember member, TopicPartition partition) {
        return new BrokerException(ErrorKind.FENCED, ("partition %s is not, or no longer, consumer '%s''s: its session"
                + " ended or it did not let go in time, and another may read it now; poll again, what was not"
                + " committed is delivered again").formatted(partition, member.name()));
    }

    /** @throws BrokerException UNKNOWN_TOPIC when its topic was deleted, FENCED when it was created anew */
    static void requireCurrent(GroupMember member, TopicIdPartition partition, Map<String, TopicInfo> topics) {
        TopicInfo topic = topics.get(partition.topic());
        if (topic == null) {
            throw new BrokerException(ErrorKind.UNKNOWN_TOPIC, "topic '%s' is gone".formatted(partition.topic()));
        } else if (!isCurrent(partition, topics)) {
            throw anew(member, partition.topic());
        }
    }

    /**
     * Where the group knows an earlier topic of the name, an offset that is not said to be of this one may be of that: it is of
     * this one only when the group has begun with it, which is before anybody is given anything, and this consumer is known to
     * have been given of it; or when the consumer has a position in it, by a seek or from an earlier coordinator.
     *
     * @param unproven those of which it is not known what the consumer was given
     * @throws BrokerException FENCED
     */
    static void requireBegun(GroupState state, String name, Collection<TopicIdPartition> partitions,
                             Set<TopicIdPartition> unproven) {
        GroupMember member = require(state, name);
        for (TopicIdPartition each : partitions) {
            if (state.isAnew(each) && (unproven.contains(each) || state.committed(each).isEmpty())
                    && !member.positions().containsKey(each.partition())) {
                throw anew(member, each.topic());
            }
        }
    }

    static BrokerException anew(GroupMember member, String topic) {
        return new BrokerException(ErrorKind.FENCED, ("topic '%s' was deleted and created anew since consumer '%s' was given"
                + " records of it: poll again, the new topic is read from its beginning").formatted(topic, member.name()));
    }

    /** Whether it is of the topic that has the name now. */
    static boolean isCurrent(TopicIdPartition partition, Map<String, TopicInfo> topics) {
        TopicInfo topic = topics.get(partition.topic());
        return topic != null && topic.id().equals(partition.topicId());
    }

    /** Offsets set by whoever may. Those in an earlier topic of the same name go. */
    static GroupState committing(GroupState state, Map<TopicIdPartition, Long> offsets, long nowMs) {
        TreeMap<String, TopicOffsets> changed = new TreeMap<>(state.offsets());
        Map<String, TreeMap<Integer, CommittedOffset>> byTopic = new TreeMap<>();
        offsets.forEach((partition, offset) -> byTopic.computeIfAbsent(partition.topic(), name -> {
            TopicOffsets before = changed.get(name);
            TreeMap<Integer, CommittedOffset> all = before == null || !before.topicId().equals(partition.topicId())
                    ? new TreeMap<>() : new TreeMap<>(before.byPartition());
            changed.put(name, new TopicOffsets(partition.topicId(), state.isAnew(partition), all));
            return all;
        }).put(partition.partition().partition(), new CommittedOffset(offset, nowMs)));
        byTopic.forEach((name, all) -> changed.computeIfPresent(name, (topic, of) ->
                new TopicOffsets(of.topicId(), of.anew(), all)));
        return state.withOffsets(changed);
    }

    /** Where a group begins: of partitions that a member owns and of which nothing is committed. */
    static GroupState begin(GroupState state, String name, Map<TopicIdPartition, Long> offsets,
                            Map<String, TopicInfo> topics, long nowMs) {
        GroupMember member = require(state, name);
        TreeMap<TopicIdPartition, Long> missing = new TreeMap<>(offsets);
        missing.keySet().removeIf(partition -> !state.owns(member, partition) || !isCurrent(partition, topics)
                || state.committed(partition).isPresent());
        return committing(state, missing, nowMs);
    }

    /**
     * Where a consumer goes on reading.
     *
     * @throws BrokerException UNKNOWN_CONSUMER, NOT_ASSIGNED; FENCED when the topic was deleted and created anew
     */
    static GroupState seek(GroupState state, String name, Map<TopicIdPartition, Long> offsets) {
        GroupMember member = require(state, name);
        TreeMap<TopicPartition, Long> positions = new TreeMap<>(member.positions());
        offsets.forEach((partition, offset) -> {
            requireAssigned(member, partition.partition());
            if (!state.owns(member, partition)) {
                throw anew(member, partition.topic());
            }
            positions.put(partition.partition(), offset);
        });
        return state.withMember(member.withPositions(positions));
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
    record Read(Map<TopicIdPartition, Long> positions, long lastPoll) {
    }

    /** What each member had read when its coordinator let go, so that the next one goes on from there. */
    static GroupState handOver(GroupState state, Map<String, Read> read) {
        GroupState next = state;
        for (Map.Entry<String, Read> each : read.entrySet()) {
            GroupMember member = next.member(each.getKey());
            if (member != null) {
                // Where it read nothing since it got this coordinator, it goes on as it was to.
                TreeMap<TopicPartition, Long> kept = new TreeMap<>(member.positions());
                each.getValue().positions().forEach((partition, position) -> {
                    // Behind what is committed it can only be by its own wish, which is written down already.
                    boolean isNew = position > state.committed(partition).orElse(-1);
                    if (state.owns(member, partition) && (kept.containsKey(partition.partition()) || isNew)) {
                        kept.put(partition.partition(), position);
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
     * @throws BrokerException GROUP_NOT_EMPTY; UNKNOWN_TOPIC_ID when a topic was deleted, or created anew, since the offsets
     *                         were looked up
     */
    static GroupState reset(GroupState state, String group, Map<TopicIdPartition, Long> offsets,
                            Map<String, TopicInfo> topics, long nowMs) {
        requireEmpty(state, group);
        for (TopicIdPartition each : offsets.keySet()) {
            if (!isCurrent(each, topics)) {
                throw new BrokerException(ErrorKind.UNKNOWN_TOPIC_ID, ("topic '%s' was deleted while its offsets were looked up:"
                        + " nothing was set; look, and try again").formatted(each.topic()));
            }
        }
        GroupState next = committing(state, offsets, nowMs);
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
                kept.put(topic, new TopicOffsets(offsets.topicId(), offsets.anew(), fresh));
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
