package io.millrace.group;

import io.millrace.agreement.Member;
import java.util.Collection;
import java.util.Optional;

/** The brokers that coordinate groups, as this broker sees them. */
public interface Coordination {
    /** This broker. */
    Member self();

    /** Whether the offsets topic is there, as far as this broker knows: else there are no groups yet. Never blocks. */
    boolean isInUse();

    /**
     * Whether this broker leads a partition of the offsets topic in the place of its preferred leader, which could lead by
     * now. Never blocks.
     */
    boolean isBorrowed(int partition);

    /**
     * Hands the leadership of a partition on to the preferred leader. Blocks.
     *
     * @throws io.millrace.metadata.BrokerException UNAVAILABLE
     */
    void giveBack(int partition);

    /** The broker of this id, if it is in touch. */
    Optional<Member> member(int brokerId);

    /** Every other broker that is up, once. */
    Collection<Member> others();
}
