package io.millrace.group;

import io.millrace.group.delivery.Arrivals;
import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.delivery.Relocation;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.MembershipChanges;
import io.millrace.group.membership.Ownership;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** The changes of a group that concern both who owns what and how far the group has come, each a function. */
final class GroupChanges {
    /** Offsets of a group that wait for the ends of transactions: enough for each partition of a large topic, and more. */
    private static final int MOST_PENDING = 10_000;

    private GroupChanges() {
    }

    /**
     * Moves committed offsets.
     *
     * @param memberEpoch that the caller read in, or {@link Ownership#ANY_EPOCH}
     * @throws BrokerException as {@link MembershipChanges#require}; FENCED when one of the partitions is not the consumer's, or of a topic that was
     *                         deleted and created anew, or would go back although the consumer did not seek back; nothing is
     *                         committed then
     */
    static GroupState commit(GroupState state, ConsumerId id, Map<TopicIdPartition, Position> positions, int memberEpoch,
                             Map<String, TopicInfo> topics, long nowMs) {
        return sayingItself(state, id, positions, memberEpoch, topics).withOffsets(state.offsets().committing(positions, nowMs));
    }

    /** As above, with the metadata that the caller gives to each. */
    static GroupState commit(GroupState state, ConsumerId id, Map<TopicIdPartition, CommittedOffset> offsets, int memberEpoch,
                             Map<String, TopicInfo> topics) {
        TreeMap<TopicIdPartition, Position> positions = new TreeMap<>();
        offsets.forEach((partition, offset) -> positions.put(partition, offset.position()));
        return sayingItself(state, id, positions, memberEpoch, topics).withOffsets(state.offsets().committing(offsets));
    }

    /**
     * What becomes of a group at once when a consumer commits offsets in a transaction: nobody goes on from where it had sought,
     * whatever becomes of the transaction.
     *
     * @throws BrokerException as {@link #commit}; GROUP_TOO_LARGE when too much is pending
     */
    static GroupState commitInTransaction(GroupState state, String group, ConsumerId id,
                                          Map<TopicIdPartition, Position> positions, int memberEpoch, Map<String, TopicInfo> topics) {
        requireFewPending(state, group, positions.keySet());
        return sayingItself(state, id, positions, memberEpoch, topics);
    }

    /**
     * As above, by somebody who is no consumer of the group: nobody goes on from where consumers that are not there wanted to.
     *
     * @throws BrokerException GROUP_NOT_EMPTY, UNKNOWN_TOPIC_ID as {@link #reset}, GROUP_TOO_LARGE
     */
    static GroupState commitInTransaction(GroupState state, String group, Collection<TopicIdPartition> partitions,
                                          Map<String, TopicInfo> topics) {
        MembershipChanges.requireEmpty(state.membership(), group);
        requireCurrent(partitions, topics);
        requireFewPending(state, group, partitions);
        return state.withKept(KeptPositions.NONE).resetAfter(state);
    }

    private static void requireFewPending(GroupState state, String group, Collection<TopicIdPartition> more) {
        if (state.pending().size() + more.size() > MOST_PENDING) {
            throw new BrokerException(ErrorKind.GROUP_TOO_LARGE, ("group '%s' has %d offsets that wait for the end of"
                    + " transactions, and no more than %d may: nothing was committed; end those, or commit fewer at a time")
                    .formatted(group, state.pending().size(), MOST_PENDING));
        }
    }

    /** A consumer says how far it has come: by that it forgets where it wanted to go on. */
    private static GroupState sayingItself(GroupState state, ConsumerId id, Map<TopicIdPartition, Position> positions,
                                           int memberEpoch, Map<String, TopicInfo> topics) {
        GroupMember member = MembershipChanges.require(state.membership(), id);
        Kept kept = state.kept().of(id.name());
        TreeMap<TopicIdPartition, Position> sought = new TreeMap<>(kept.positions());
        positions.forEach((partition, position) -> {
            requireCommittable(state, member, partition, position, memberEpoch, topics);
            sought.remove(partition);
        });
        return state.withKept(state.kept().with(id.name(), kept.with(sought)));
    }

    /** @throws BrokerException FENCED, UNKNOWN_TOPIC: why a member may not commit that */
    static void requireCommittable(GroupState state, GroupMember member, TopicIdPartition partition, Position position,
                                   int memberEpoch, Map<String, TopicInfo> topics) {
        Ownership.require(state.membership(), member, partition, memberEpoch);
        Ownership.requireCurrent(member, partition, topics);
        requireForward(partition, position.offset(), state.offsets().committed(partition),
                state.kept().of(member.name()).positions().get(partition));
    }

    private static void requireForward(TopicIdPartition partition, long offset, OptionalLong committed, Position sought) {
        boolean back = committed.isPresent() && offset < committed.getAsLong();
        if (back && (sought == null || sought.offset() > offset)) {
            throw new BrokerException(ErrorKind.FENCED, ("offset %d of %s is before the committed one, %d: seek back"
                    + " first, or reset the group's offsets").formatted(offset, partition, committed.getAsLong()));
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
    static void requireBegun(GroupState state, ConsumerId id, Collection<TopicIdPartition> partitions,
                             Set<TopicIdPartition> unproven) {
        GroupMember member = MembershipChanges.require(state.membership(), id);
        Kept kept = state.kept().of(id.name());
        for (TopicIdPartition each : partitions) {
            if (state.offsets().isAnew(each) && (unproven.contains(each) || state.offsets().committed(each).isEmpty())
                    && !kept.positions().containsKey(each)) {
                throw Ownership.anew(member, each.topic());
            }
        }
    }

    /** Where a group begins: of partitions that a member owns and of which nothing is committed, nor may be by a transaction. */
    static GroupState begin(GroupState state, ConsumerId id, Map<TopicIdPartition, Position> positions,
                            Map<String, TopicInfo> topics, long nowMs) {
        GroupMember member = MembershipChanges.require(state.membership(), id);
        TreeMap<TopicIdPartition, Position> missing = new TreeMap<>(positions);
        missing.keySet().removeIf(partition -> !state.membership().owns(member, partition)
                || !Ownership.isCurrent(partition, topics) || state.offsets().committed(partition).isPresent()
                || state.pending().contains(partition));
        return state.withOffsets(state.offsets().committing(missing, nowMs));
    }

    /**
     * Where a consumer goes on because the log does not have its positions any more. That is committed where what is committed is
     * not in the log either, or else whoever reads the partition next would look for another place, and skip what came meanwhile.
     */
    static GroupState relocate(GroupState state, ConsumerId id, Map<TopicIdPartition, Relocation> relocations, long nowMs) {
        MembershipChanges.require(state.membership(), id);
        Kept kept = state.kept().of(id.name());
        TreeMap<TopicIdPartition, Position> moved = new TreeMap<>(kept.positions());
        TreeMap<TopicIdPartition, Position> committed = new TreeMap<>();
        relocations.forEach((partition, relocation) -> {
            OptionalLong before = state.offsets().committed(partition);
            if (!state.membership().owns(id.name(), partition)) {
                return;
            } else if (!state.pending().contains(partition)
                    && (before.isEmpty() || relocation.concerns(before.getAsLong()))) {
                committed.put(partition, relocation.to());
                moved.remove(partition);
            } else {
                moved.put(partition, relocation.to());
            }
        });
        return state.withOffsets(state.offsets().committing(committed, nowMs))
                .withKept(state.kept().with(id.name(), kept.with(moved)));
    }

    /**
     * Where a consumer goes on reading.
     *
     * @throws BrokerException as {@link MembershipChanges#require}; NOT_ASSIGNED; FENCED when the topic was deleted and created anew
     */
    static GroupState seek(GroupState state, ConsumerId id, Map<TopicIdPartition, Position> positions) {
        GroupMember member = MembershipChanges.require(state.membership(), id);
        Kept kept = state.kept().of(id.name());
        TreeMap<TopicIdPartition, Position> moved = new TreeMap<>(kept.positions());
        positions.forEach((partition, position) -> {
            Ownership.requireAssigned(member, partition.partition());
            if (!state.membership().owns(member, partition)) {
                throw Ownership.anew(member, partition.topic());
            }
            moved.put(partition, position);
        });
        return state.withKept(state.kept().with(id.name(), kept.with(moved)));
    }

    /** What each member had read when its coordinator let go, so that the next one goes on from there. */
    static GroupState handOver(GroupState state, Map<String, Arrivals.Read> read) {
        Membership membership = state.membership();
        KeptPositions next = state.kept();
        for (Map.Entry<String, Arrivals.Read> each : read.entrySet()) {
            GroupMember member = membership.member(each.getKey());
            if (member != null) {
                // Where it read nothing since it got this coordinator, it goes on as it was to.
                TreeMap<TopicIdPartition, Position> kept = new TreeMap<>(next.of(member.name()).positions());
                each.getValue().positions().forEach((partition, position) -> {
                    // Behind what is committed it can only be by its own wish, which is written down already.
                    boolean isNew = position.offset() > state.offsets().committed(partition).orElse(-1);
                    if (membership.owns(member, partition) && (kept.containsKey(partition) || isNew)) {
                        kept.put(partition, position);
                    }
                });
                next = next.with(member.name(), new Kept(kept, each.getValue().lastPoll()));
            }
        }
        return state.withKept(next);
    }

    /**
     * Sets offsets from outside, and forgets where consumers that are not there wanted to go on.
     *
     * @throws BrokerException GROUP_NOT_EMPTY, also where a transaction may yet commit one of them; UNKNOWN_TOPIC_ID when a topic was deleted, or created anew, since the offsets
     *                         were looked up
     */
    static GroupState reset(GroupState state, String group, Map<TopicIdPartition, Position> positions,
                            Map<String, TopicInfo> topics, long nowMs) {
        MembershipChanges.requireEmpty(state.membership(), group);
        requireCurrent(positions.keySet(), topics);
        positions.keySet().stream().filter(state.pending()::contains).findFirst().ifPresent(each -> {
            throw pendingIn(group, each);
        });
        return state.withOffsets(state.offsets().committing(positions, nowMs)).withKept(KeptPositions.NONE).resetAfter(state);
    }

    private static BrokerException pendingIn(String group, TopicIdPartition partition) {
        return new BrokerException(ErrorKind.GROUP_NOT_EMPTY, ("a transaction is open in which group '%s' may yet commit an offset"
                + " of %s: nothing was changed; wait until it has ended, or end it").formatted(group, partition));
    }

    private static void requireCurrent(Collection<TopicIdPartition> partitions, Map<String, TopicInfo> topics) {
        for (TopicIdPartition each : partitions) {
            if (!Ownership.isCurrent(each, topics)) {
                throw new BrokerException(ErrorKind.UNKNOWN_TOPIC_ID, ("topic '%s' was deleted while its offsets were looked up:"
                        + " nothing was set; look, and try again").formatted(each.topic()));
            }
        }
    }

    /**
     * Drops all of it, but for offsets that are too many for once.
     *
     * @throws BrokerException GROUP_NOT_EMPTY, also where a transaction may yet commit offsets
     */
    static GroupState delete(GroupState state, String group) {
        MembershipChanges.requireEmpty(state.membership(), group);
        state.pending().stream().findFirst().ifPresent(each -> {
            throw pendingIn(group, each);
        });
        return state.withMembership(state.membership().withMembers(new TreeMap<>()))
                .withOffsets(state.offsets().withoutSome(GroupOffsets.mostAtOnce(group))).withKept(KeptPositions.NONE);
    }
}
