package io.millrace.group.delivery;

import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.MembershipChanges;
import io.millrace.group.membership.Ownership;
import io.millrace.group.offsets.GroupLog;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ShownName;
import io.millrace.metadata.TopicIdPartition;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** The sessions of a group's members, which follow what is written of the group, and end by time. Guarded by the group's lock. */
public final class Sessions {
    private static final System.Logger LOG = System.getLogger(Sessions.class.getName());
    /** An answer that was not made, or not written, for so long never will be. */
    private static final long WRITE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final String group;
    private final GroupLock lock;
    private final GroupSide side;
    private final GroupLog log;
    private final LongSupplier nanoTime;
    private final Map<String, Session> sessions = new HashMap<>();
    private Standing standing;
    private long topicsSeen = -1;
    /** Revision of the topics when all sessions were last brought into line. */
    private long topicsFollowed = -1;
    /** Whether a session may be out of line although members and topics are as they were. */
    private boolean stale = true;
    private long followed;
    private BrokerException closed;

    /**
     * @param group    its name, for the log
     * @param standing as it was read
     */
    public Sessions(String group, GroupLock lock, GroupSide side, GroupLog log, LongSupplier nanoTime, Standing standing) {
        this.group = group;
        this.lock = lock;
        this.side = side;
        this.log = log;
        this.nanoTime = nanoTime;
        this.standing = standing;
        standing.membership().members().values().stream().filter(GroupMember::takesPart)
                .forEach(member -> sessions.put(member.name(), inherited(member, standing.kept().of(member.name()))));
    }

    private Session inherited(GroupMember member, KeptPositions.Kept kept) {
        Session session = new Session(member.id(), true, deadline(member.config()), now());
        // not acknowledged: it may not have come back for more
        session.positions.putAll(kept.positions());
        session.lastNumber = kept.lastPoll();
        session.polled = kept.lastPoll() != Session.NO_POLL;
        return session;
    }

    // ---- for the rest of the package, with the lock held

    GroupLock lock() {
        return lock;
    }

    GroupSide side() {
        return side;
    }

    GroupLog log() {
        return log;
    }

    long now() {
        return nanoTime.getAsLong();
    }

    long deadline(ConsumerConfig config) {
        return now() + TimeUnit.MILLISECONDS.toNanos(config.sessionTimeoutMs());
    }

    Standing standing() {
        return standing;
    }

    /** The session of a member, or null. */
    Session of(ConsumerId member) {
        Session session = sessions.get(member.name());
        return session == null || !session.member.equals(member) ? null : session;
    }

    Collection<Session> all() {
        return List.copyOf(sessions.values());
    }

    BrokerException closed() {
        return closed;
    }

    /** A session goes on there by its member's wish, or for it. */
    void moveTo(Session session, Map<TopicIdPartition, Position> positions) {
        session.moveTo(positions);
        // another one's by now: that is forgotten with the next write
        stale |= !positions.keySet().stream().allMatch(each -> standing.membership().owns(session.member.name(), each));
    }

    /** How often a session was brought into line with what was written. */
    long followed() {
        return followed;
    }

    // ---- what the group tells

    /** @throws BrokerException why the group is not here any more */
    public void requireOpen() {
        lock.hold(() -> {
            if (closed != null) {
                throw closed;
            }
        });
    }

    /** A member asked for something. */
    public void heardOf(GroupMember member) {
        lock.hold(() -> {
            Session session = of(member.id());
            if (session != null) {
                session.deadline = deadline(member.config());
            }
        });
    }

    /** Where a member goes on by its own wish, which is written by now. */
    public void moved(ConsumerId member, Map<TopicIdPartition, Position> positions) {
        lock.hold(() -> {
            Session session = of(member);
            if (session != null) {
                moveTo(session, positions);
                if (session.poll != null) {
                    session.poll.moved();
                }
            }
        });
    }

    /** What these members lose from now on is not given to them any more, though it is not written yet. */
    public void releasing(Membership before, Membership next) {
        if (before == next) {
            return;
        }
        lock.hold(() -> before.members().forEach((name, member) -> {
            Session session = sessions.get(name);
            if (session != null) {
                before.assigned(member.owned().keySet()).stream().filter(each -> !next.owns(name, each))
                        .forEach(session.releasing::add);
            }
        }));
    }

    /** Whether that was written is not known. */
    public void undecided() {
        lock.hold(() -> {
            sessions.values().forEach(session -> session.releasing.clear());
            stale = true; // polls have looked without what was not to be given, and time runs for what was to be let go
        });
    }

    /**
     * This is what stands now.
     *
     * @param then looks again for polls, which reads the log
     */
    public void written(Standing now, Executor then) {
        lock.holdThen(then, () -> {
            Membership before = standing.membership();
            if (now.resets() != standing.resets()) { // whoever comes back goes on from there
                all().stream().filter(session -> !takesPart(session.member, before)).forEach(this::end);
            }
            boolean decided = !now.pending().equals(standing.pending());
            stale = !isInLine(now);
            standing = now;
            if (stale) {
                follow(before);
            } else if (decided) {
                sessions.values().stream().filter(session -> session.poll != null).forEach(session ->
                        session.poll.partitionsChanged());
            }
        });
    }

    /**
     * Whether nothing has changed that sessions follow, as with a commit, which need not cost more the more members there are:
     * who owns what, which topics there are, and in which of them anything is committed no more.
     */
    private boolean isInLine(Standing now) {
        return !stale && now.membership() == standing.membership() && log.revision() == topicsFollowed
                && now.offsets().byTopic().keySet().containsAll(standing.offsets().byTopic().keySet());
    }

    private void follow(Membership before) {
        topicsFollowed = log.revision(); // before they are looked at
        Membership membership = standing.membership();
        all().stream().filter(session -> !isThere(session.member, membership)).forEach(this::end);
        membership.members().values().stream().filter(GroupMember::takesPart)
                .filter(member -> !sessions.containsKey(member.name())).forEach(member -> sessions.put(member.name(),
                        new Session(member.id(), isThere(member.id(), before), deadline(member.config()), now())));
        Set<TopicIdPartition> taken = new HashSet<>();
        membership.members().values().forEach(member -> taken.addAll(membership.assigned(member.owned().keySet())));
        all().forEach(session -> follow(session, membership.member(session.member.name()), taken));
        stale = false; // and not before, or what a fault left undone would stay so
    }

    private static boolean takesPart(ConsumerId id, Membership membership) {
        return isThere(id, membership) && membership.member(id.name()).takesPart();
    }

    private static boolean isThere(ConsumerId id, Membership membership) {
        GroupMember member = membership.member(id.name());
        return member != null && member.id().equals(id);
    }

    /** Of a member that is gone, or whose name is another one's by now: what it was given is not that one's. */
    private void end(Session session) {
        sessions.remove(session.member.name());
        if (session.poll != null) {
            session.poll.fail(gone(session.member));
        }
    }

    /** What is to be told to a member without a session. */
    BrokerException gone(ConsumerId member) {
        try {
            MembershipChanges.require(standing.membership(), member);
            return new BrokerException(ErrorKind.UNKNOWN_CONSUMER, "consumer '" + member.name() + "' was deleted");
        } catch (BrokerException reason) {
            return reason;
        }
    }

    private void follow(Session session, GroupMember member, Set<TopicIdPartition> taken) {
        followed++;
        session.releasing.clear();
        Membership membership = standing.membership();
        // What nobody else got stays in mind for a member whose session ended: it may be back for it.
        Set<TopicIdPartition> lost = new TreeSet<>(session.positions.keySet());
        lost.removeIf(each -> membership.owns(member, each) || member.status() == Status.DORMANT && !taken.contains(each)
                && Ownership.isCurrent(each, log.topics()));
        lost.forEach(session::forget);
        session.givenOut.removeIf(each -> !membership.owns(member, each));
        session.revokedAt.keySet().removeIf(each -> !membership.owns(member, each)
                || member.target().contains(each.partition()));
        session.given.keySet().removeIf(topic -> !standing.offsets().byTopic().containsKey(topic)
                && !member.subscription().names(topic));
        if (session.poll != null) {
            session.poll.partitionsChanged();
        }
    }

    // ---- time

    /** Looks after sessions, polls and topics; often. */
    public void tick() {
        lock.hold(() -> {
            if (closed != null) {
                return;
            }
            long now = now();
            for (Session session : all()) {
                GroupMember member = standing.member(session.member.name());
                if (member != null) {
                    tick(session, member, now);
                }
            }
            if (log.revision() != topicsSeen) {
                topicsSeen = log.revision();
                lock.afterwards(side::settle);
            }
        });
    }

    private void tick(Session session, GroupMember member, long now) {
        if (session.poll != null) {
            session.poll.tick();
        }
        if (session.delivering != null) {
            session.delivering.giveUpDelivery(WRITE_NANOS);
        }
        if (session.last != null && !session.last.part() && now - session.last.at() >= WRITE_NANOS) {
            LastPoll lost = session.last;
            lock.afterwards(() -> lost.written().complete(Optional.empty())); // nobody said what became of it
        }
        if (member.takesPart() && session.delivering == null && now - session.deadline >= 0) {
            session.deadline = now + TimeUnit.SECONDS.toNanos(1); // when it cannot be written, it is tried again
            expire(member, session);
        } else if (session.revokedAt.values().stream().anyMatch(since -> Releases.isOverdue(member, since, now))) {
            lock.afterwards(side::settle);
        }
    }

    private void expire(GroupMember member, Session session) {
        LOG.log(Level.INFO, "group {0}: consumer {1} was not heard of for {2} ms, and loses its partitions",
                ShownName.of(group), ShownName.of(member.name()), Long.toString(member.config().sessionTimeoutMs()));
        Map<TopicIdPartition, Position> done = member.config().autoCommit() ? new TreeMap<>(session.acknowledged) : Map.of();
        lock.afterwards(() -> side.expire(member, done));
    }

    // ---- the end

    /** Refuses polls from now on, and answers those that wait with nothing, so that their members ask whoever coordinates now. */
    public void close(BrokerException reason) {
        lock.hold(() -> {
            closed = reason;
            endPolls();
        });
    }

    /** Answers polls with nothing. */
    public void endPolls() {
        lock.hold(() -> all().forEach(session -> {
            if (session.poll != null && !session.poll.isDelivering()) {
                session.poll.complete();
            }
        }));
    }
}
