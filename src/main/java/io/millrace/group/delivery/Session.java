package io.millrace.group.delivery;

import io.millrace.group.membership.ConsumerId;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a coordinator knows of a member and may forget: a coordinator that comes after it begins with the register, and
 * what was read but not committed is read again. Guarded by its group.
 */
final class Session {
    /** It was given nothing, or by a coordinator that could not hand over. */
    static final long NO_POLL = -1;

    /** With the incarnation that it is the session of. */
    final ConsumerId member;
    /** When the member counts as gone, by the nano clock. */
    long deadline;
    /** Offset after what was given out of each partition. */
    final TreeMap<TopicIdPartition, Position> positions = new TreeMap<>();
    /** What the member has done with: it came back for more since. */
    final TreeMap<TopicIdPartition, Position> acknowledged = new TreeMap<>();
    /** What it said itself in a transaction that it has done with: it is given nothing before that, unless it seeks. */
    private final TreeMap<TopicIdPartition, Position> done = new TreeMap<>();
    /** In an answer that is being written. */
    final Set<TopicIdPartition> givenOut = new HashSet<>();
    /** Where the position is the member's own wish, and nothing was given from there on yet. */
    final Set<TopicIdPartition> sought = new HashSet<>();
    /** On the way to being taken away: nothing more is given out of them. */
    final Set<TopicIdPartition> releasing = new HashSet<>();
    /** Since when the member is to let a partition go, by the nano clock. */
    final Map<TopicIdPartition, Long> revokedAt = new HashMap<>();
    /** Where the log does not have the position any more. */
    final Set<TopicIdPartition> outOfRange = new HashSet<>();
    /** Of those, where it may be that the log was cut back, so that the member has read what is not there any more. */
    final Set<TopicIdPartition> maybeCut = new HashSet<>();
    /** From which offset on all that it was given of a partition was of the position's leader epoch. */
    final Map<TopicIdPartition, Long> sameEpochSince = new HashMap<>();
    /** Of which topics it was last given records, or spoke of itself, by name: what it says of a name it says of those. */
    final Map<String, UUID> given = new HashMap<>();
    /** The group's epoch that it was last told. */
    int toldEpoch;
    /** When offsets were last committed for it, by the nano clock. */
    long autoCommittedAt;
    /** Whether it was given anything since the coordinator knows it. */
    boolean polled;
    /** Whether it may have been given what is not known here: by this coordinator's predecessor, or before the group was reset. */
    final boolean inherited;
    /** The last answer with records, until it is known to have arrived; else null. */
    LastPoll last;
    /** Number of the last poll with records. */
    long lastNumber = NO_POLL;
    /** Number of the last poll that was answered, with records or without. */
    long answered = NO_POLL;
    /** Which partition is read first. */
    int turn;
    /** The newest poll that is not over, or null: it waits while the answer to another one is written. */
    PollTask poll;
    /** The poll whose answer is being written, or null: there is one at a time. */
    PollTask delivering;

    Session(ConsumerId member, boolean inherited, long deadline, long now) {
        this.member = member;
        this.inherited = inherited;
        this.deadline = deadline;
        this.autoCommittedAt = now;
    }

    /**
     * Whether it is known where a partition is to be read from; where that is not known yet it is what was committed.
     *
     * @param committed how far the group has come
     */
    boolean hasPosition(TopicIdPartition partition, GroupOffsets committed) {
        if (outOfRange.contains(partition)) {
            return false;
        }
        if (!positions.containsKey(partition)) {
            Position position = committed.position(partition);
            if (position == null) {
                return false;
            }
            positions.put(partition, position);
            acknowledged.put(partition, position);
        }
        return true;
    }

    /**
     * Whether it is not known yet what is committed in a partition, and that is where it is to be read from; as Kafka's consumers
     * ask for stable offsets (KIP-447).
     *
     * @param pending where transactions may yet commit other offsets
     */
    boolean mustWait(TopicIdPartition partition, Set<TopicIdPartition> pending) {
        return pending.contains(partition) && (!positions.containsKey(partition) || outOfRange.contains(partition));
    }

    /** It was given a partition's records up to there. @return where it was before */
    Position advance(TopicIdPartition partition, Position given) {
        Position to = atLeastDone(partition, given);
        Position before = positions.put(partition, to);
        if (before == null || before.leaderEpoch() != to.leaderEpoch()) {
            sameEpochSince.put(partition, to.offset());
        } else {
            sameEpochSince.putIfAbsent(partition, before.offset());
        }
        return before;
    }

    /**
     * It commits in a transaction that it has come so far. What it is given goes on behind that from now on, also while the
     * transaction is open, and where it is aborted: then it is for the member to seek.
     */
    void done(Map<TopicIdPartition, Position> upTo) {
        upTo.forEach((partition, position) -> done.merge(partition, position, Session::later));
        positions.replaceAll(this::atLeastDone);
    }

    private Position atLeastDone(TopicIdPartition partition, Position position) {
        Position least = done.get(partition);
        return least == null ? position : later(position, least);
    }

    private static Position later(Position one, Position other) {
        return other.offset() > one.offset() ? other : one;
    }

    /** A position that the member speaks of, with its leader epoch where that is known. */
    Position known(TopicIdPartition partition, long offset) {
        Position position = positions.get(partition);
        boolean sameEpoch = position != null && (offset == position.offset() || offset < position.offset()
                && offset >= sameEpochSince.getOrDefault(partition, Long.MAX_VALUE));
        return sameEpoch ? new Position(offset, position.leaderEpoch()) : Position.at(offset);
    }

    /** A read failed because the log does not have the position. */
    void lost(TopicIdPartition partition) {
        outOfRange.add(partition);
        if (positions.containsKey(partition) && positions.get(partition).leaderEpoch() != Position.NO_EPOCH) {
            maybeCut.add(partition);
        }
    }

    /** How far it has come with what is known to have arrived. */
    Map<TopicIdPartition, Position> arrived() {
        Map<TopicIdPartition, Position> positions = new TreeMap<>(this.positions);
        if (last != null) {
            last.before().forEach(positions::replace);
        }
        positions.replaceAll(this::atLeastDone);
        return positions;
    }

    /** What the last poll gave out is given out again. */
    void rewind(LastPoll lost) {
        lost.before().forEach(positions::replace);
        positions.replaceAll(this::atLeastDone);
    }

    /** It missed an answer, and it is not known any more which one: it goes on from what is committed. */
    void rewind(GroupOffsets committed) {
        positions.replaceAll((partition, position) -> {
            Position before = committed.position(partition);
            return before != null && before.offset() < position.offset() ? atLeastDone(partition, before) : position;
        });
        acknowledged.putAll(positions);
        lastNumber = NO_POLL;
    }

    /** Moved by the member's own wish. */
    void moveTo(Map<TopicIdPartition, Position> offsets) {
        positions.putAll(offsets);
        done.keySet().removeAll(offsets.keySet());
        acknowledged.putAll(offsets);
        sought.addAll(offsets.keySet());
        givenOut.removeAll(offsets.keySet());
        outOfRange.removeAll(offsets.keySet());
        maybeCut.removeAll(offsets.keySet());
        sameEpochSince.keySet().removeAll(offsets.keySet());
        offsets.keySet().forEach(each -> given.put(each.topic(), each.topicId()));
        if (last != null) {
            last.before().keySet().removeAll(offsets.keySet());
        }
    }

    void forget(TopicIdPartition partition) {
        positions.remove(partition);
        done.remove(partition);
        givenOut.remove(partition);
        sought.remove(partition);
        acknowledged.remove(partition);
        revokedAt.remove(partition);
        outOfRange.remove(partition);
        maybeCut.remove(partition);
        sameEpochSince.remove(partition);
    }
}
