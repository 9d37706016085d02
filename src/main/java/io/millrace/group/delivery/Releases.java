package io.millrace.group.delivery;

import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership.Revocation;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Which partitions their owners let go: those of which they have committed all that they were given, or are done with it where
 * commits are automatic, or were given nothing; else after a session timeout.
 *
 * @param letGo   what goes on to its next owner
 * @param commits what is to be committed with that
 */
public record Releases(List<Revocation> letGo, TreeMap<TopicIdPartition, Position> commits) {
    /** @param committed as it will be when the partitions go */
    public static Releases of(Collection<Revocation> revoked, GroupOffsets committed, Sessions sessions) {
        Releases releases = new Releases(new ArrayList<>(), new TreeMap<>());
        sessions.lock().hold(() -> revoked.forEach(each -> releases.add(each, committed.committed(each.partition()), sessions)));
        return releases;
    }

    private void add(Revocation revoked, OptionalLong committed, Sessions sessions) {
        Session session = sessions.of(revoked.member().id());
        TopicIdPartition partition = revoked.partition();
        if (session == null || isDone(session, partition, committed)) {
            letGo.add(revoked);
        } else if (revoked.member().config().autoCommit() && isAcknowledged(session, partition)) {
            commits.put(partition, session.positions.get(partition));
            letGo.add(revoked);
        } else if (session.sought.contains(partition) && !session.givenOut.contains(partition)) {
            letGo.add(revoked);
        } else {
            long since = session.revokedAt.computeIfAbsent(partition, any -> sessions.now());
            if (isOverdue(revoked.member(), since, sessions.now())) {
                letGo.add(revoked);
            }
        }
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
