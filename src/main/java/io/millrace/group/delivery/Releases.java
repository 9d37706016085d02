package io.millrace.group.delivery;

import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership.Revocation;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Which partitions their owners let go: those of which they have committed all that they were given, or are done with it where
 * commits are automatic, or were given nothing; else after a session timeout. For one step of a rebalance.
 */
public final class Releases {
    private final Sessions sessions;
    private final GroupOffsets committed;
    private final TreeMap<TopicIdPartition, Position> commits = new TreeMap<>();

    /** @param committed as it will be when the partitions go */
    public Releases(Sessions sessions, GroupOffsets committed) {
        this.sessions = sessions;
        this.committed = committed;
    }

    /** What goes on to its next owner. */
    public List<Revocation> letGo(Collection<Revocation> revoked) {
        return revoked.isEmpty() ? List.of() : sessions.lock().hold(() -> revoked.stream().filter(this::isLetGo).toList());
    }

    /** What is to be committed with that. */
    public SortedMap<TopicIdPartition, Position> commits() {
        return commits;
    }

    private boolean isLetGo(Revocation revoked) {
        Session session = sessions.of(revoked.member().id());
        TopicIdPartition partition = revoked.partition();
        if (session == null || isDone(session, partition, committed.committed(partition))) {
            return true;
        } else if (revoked.member().config().autoCommit() && isAcknowledged(session, partition)) {
            commits.put(partition, session.positions.get(partition));
            return true;
        } else if (session.sought.contains(partition) && !session.givenOut.contains(partition)) {
            return true;
        }
        long since = session.revokedAt.computeIfAbsent(partition, any -> sessions.now());
        return isOverdue(revoked.member(), since, sessions.now());
    }

    private static boolean isDone(Session session, TopicIdPartition partition, OptionalLong committed) {
        Position position = session.positions.get(partition);
        return !session.givenOut.contains(partition)
                && (position == null || committed.isPresent() && committed.getAsLong() >= position.offset());
    }

    private static boolean isAcknowledged(Session session, TopicIdPartition partition) {
        return !session.givenOut.contains(partition)
                && session.positions.get(partition).equals(session.acknowledged.get(partition));
    }

    /** @param since when the member was to let go, by the nano clock */
    static boolean isOverdue(GroupMember member, long since, long now) {
        return now - since >= TimeUnit.MILLISECONDS.toNanos(member.config().sessionTimeoutMs());
    }
}
