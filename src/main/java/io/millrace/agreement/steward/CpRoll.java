package io.millrace.agreement.steward;

import com.hazelcast.cluster.Address;
import com.hazelcast.cp.CPMember;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The CP members as the CP subsystem lists them, and which of them this server's member is. A CP member is known by its
 * UUID: one with this server's address may be left over, of a member that was replaced while it was being promoted, or
 * of a promotion whose answer never came. Hazelcast does not miss such a one, since its address is in the cluster.
 *
 * @param listed what the CP subsystem answered
 * @param local  the CP member that this server's member was when it asked, and still was then; null: none
 */
record CpRoll(Collection<CPMember> listed, CPMember local) {
    static final CpRoll EMPTY = new CpRoll(Set.of(), null);

    /**
     * Where those are that take part in all of these groups: a new CP member is taken into one after the other. What is left over
     * does not take part for this server.
     */
    Set<Address> participants(Address self, List<Collection<CPMember>> groups) {
        Set<UUID> taken = listed.stream().map(CPMember::getUuid).collect(Collectors.toSet());
        taken.removeAll(leftOver(self));
        groups.forEach(group -> taken.retainAll(group.stream().map(CPMember::getUuid).toList()));
        return listed.stream().filter(one -> taken.contains(one.getUuid())).map(CPMember::getAddress).collect(Collectors.toSet());
    }

    boolean includesSelf() {
        return local != null && listed.stream().anyMatch(this::isSelf);
    }

    /** Whether this server's member was taken out of the list while it ran: Hazelcast never promotes it again. */
    boolean isExpelled() {
        return local != null && !includesSelf();
    }

    /** Those with this server's address that are not its member, and in the way of its promotion. */
    Set<UUID> leftOver(Address self) {
        return listed.stream().filter(one -> one.getAddress().equals(self) && !isSelf(one)).map(CPMember::getUuid)
            .collect(Collectors.toSet());
    }

    /** How many of these brokers are listed. What is left over does not stand for this server. */
    int brokers(Set<Address> brokers, Address self) {
        Set<UUID> leftOver = leftOver(self);
        return (int) listed.stream().filter(one -> brokers.contains(one.getAddress()))
            .filter(one -> !leftOver.contains(one.getUuid())).count();
    }

    private boolean isSelf(CPMember one) {
        return local != null && one.getUuid().equals(local.getUuid());
    }
}
