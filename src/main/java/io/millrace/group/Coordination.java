package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import java.util.Optional;

/** Which broker coordinates which group, as this broker sees it. A view, not a promise: the group's register has the word. */
public interface Coordination {
    /** This broker. */
    Member self();

    boolean isHere(String group);

    /**
     * The coordinator, when it is another broker; empty: this one.
     *
     * @throws BrokerException NOT_COORDINATOR when there is none now
     */
    Optional<Member> remote(String group);

    /** Whether this session of this broker is up. */
    boolean isLive(int brokerId, String session);

    /** The broker of this id, if it is in touch. */
    Optional<Member> member(int brokerId);

    /** @param changed called after groups may have got another coordinator */
    AutoCloseable listen(Runnable changed);
}
