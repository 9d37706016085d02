package io.millrace.group;

import io.millrace.agreement.Member;
import java.util.Collection;
import java.util.Optional;

/** The brokers that coordinate groups, as this broker sees them. */
public interface Coordination {
    /** This broker. */
    Member self();

    /** The broker of this id, if it is in touch. */
    Optional<Member> member(int brokerId);

    /** Every other broker that is up, once. */
    Collection<Member> others();
}
