package io.millrace.group.delivery;

import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.MembershipChanges;
import io.millrace.group.membership.Ownership;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** What members were given, against which it is held what they say of it. Guarded by the group's lock. */
public final class GivenRecords {
    private final Sessions sessions;

    public GivenRecords(Sessions sessions) {
        this.sessions = sessions;
    }

    /**
     * A consumer speaks of topics by name, and means those that it was given records of.
     *
     * @param told whether it may also mean what it was told that it owns
     * @throws BrokerException UNKNOWN_CONSUMER, FENCED, UNKNOWN_TOPIC
     */
    public SortedMap<TopicIdPartition, Position> meant(ConsumerId id, Map<TopicPartition, Long> offsets, boolean told) {
        return sessions.lock().hold(() -> {
            Standing standing = sessions.standing();
            GroupMember member = MembershipChanges.require(standing.membership(), id);
            Session session = sessions.of(id);
            TreeMap<TopicIdPartition, Position> meant = new TreeMap<>();
            offsets.forEach((partition, offset) -> {
                Integer since = member.owned().get(partition);
                if (since == null) {
                    throw Ownership.notOwned(member, partition);
                }
                TopicIdPartition owned = standing.membership().assigned(partition);
                Ownership.requireCurrent(member, owned, sessions.log().topics());
                UUID given = session == null ? null : session.given.get(partition.topic());
                if (given != null && !given.equals(owned.topicId()) && !(told && session.toldEpoch >= since)) {
                    throw Ownership.anew(member, partition.topic());
                }
                meant.put(owned, session == null ? Position.at(offset) : session.known(owned, offset));
            });
            return meant;
        });
    }

    /** Of which topics the consumer was given records is not known of one that an earlier coordinator looked after. */
    public Set<TopicIdPartition> unproven(ConsumerId id, Collection<TopicIdPartition> partitions) {
        return sessions.lock().hold(() -> {
            Session session = sessions.of(id);
            Set<TopicIdPartition> unproven = new HashSet<>(partitions);
            unproven.removeIf(each -> session != null && (!session.inherited || session.given.containsKey(each.topic())));
            return unproven;
        });
    }

    /** A member committed in these partitions, and so it means their topics from now on. */
    public void proven(ConsumerId id, Collection<TopicIdPartition> partitions) {
        sessions.lock().hold(() -> {
            Session session = sessions.of(id);
            if (session != null) {
                // What it was given meanwhile may be of a later topic.
                partitions.forEach(each -> session.given.putIfAbsent(each.topic(), each.topicId()));
            }
        });
    }

    /** A member has committed in a transaction that it has come so far: it is not given again what is before. */
    public void done(ConsumerId id, Map<TopicIdPartition, Position> upTo) {
        sessions.lock().hold(() -> {
            Session session = sessions.of(id);
            if (session != null) {
                session.done(upTo);
                if (session.poll != null) {
                    session.poll.moved();
                }
            }
        });
    }

    /** Those of these positions that are beyond all that the member was given. */
    public List<TopicIdPartition> beyond(ConsumerId id, Map<TopicIdPartition, Position> positions) {
        return sessions.lock().hold(() -> {
            Session session = sessions.of(id);
            List<TopicIdPartition> beyond = new ArrayList<>();
            positions.forEach((partition, position) -> {
                Position given = session == null ? null : session.positions.get(partition);
                if (given == null || position.offset() > given.offset()) {
                    beyond.add(partition);
                }
            });
            return beyond;
        });
    }

    /** How far a member read, where that is to be committed for it when it says that it is done. */
    public Map<TopicIdPartition, Position> toBeCommitted(GroupMember member) {
        return sessions.lock().hold(() -> {
            Session session = sessions.of(member.id());
            return session == null || !member.config().autoCommit() ? Map.of()
                    : new TreeMap<>(session.positions);
        });
    }

    /**
     * All that a member was given and that is not committed yet.
     *
     * @param received number of the poll that it speaks of; null: it does not say
     * @throws BrokerException FENCED when that is not known here, or the member was given more since
     */
    public SortedMap<TopicIdPartition, Position> polled(GroupMember member, Long received) {
        return sessions.lock().hold(() -> {
            Session session = sessions.of(member.id());
            if (session == null || session.inherited && !session.polled) {
                throw new BrokerException(ErrorKind.FENCED, "what consumer '" + member.name()
                        + "' was given is not known here, because its group got another coordinator, or was reset: poll"
                        + " again, what was not committed is delivered again; or commit offsets");
            }
            if (received != null && received != session.lastNumber) {
                throw new BrokerException(ErrorKind.FENCED, ("consumer '%s' speaks of poll %d, but was given others since, or"
                        + " another coordinator gave it that: poll again").formatted(member.name(), received));
            }
            TreeMap<TopicIdPartition, Position> read = new TreeMap<>(session.positions);
            // Of a topic that was deleted there is nothing to be committed, whatever has its name now.
            read.entrySet().removeIf(each -> !Ownership.isCurrent(each.getKey(), sessions.log().topics())
                    || isDone(member.name(), each.getKey(), each.getValue().offset()));
            // what is lost is told of once, and delivered to its next owner
            session.positions.keySet().removeIf(each -> !sessions.standing().membership().owns(member.name(), each));
            return read;
        });
    }

    /** Whether as much is committed, and the consumer did not seek back since. */
    private boolean isDone(String member, TopicIdPartition partition, long position) {
        OptionalLong committed = sessions.standing().offsets().committed(partition);
        return committed.isPresent() && (committed.getAsLong() == position || committed.getAsLong() > position
                && !sessions.standing().kept().of(member).positions().containsKey(partition));
    }
}
