package io.millrace.agreement;

import java.util.List;

/**
 * Which brokers are in touch with this one: a view, which lags behind what happens and differs from one broker to the
 * next. It may start an election; it never decides one. Thread-safe.
 */
public interface Membership {
    Member self();

    /** This broker included; the longest member first, so that all agree on who acts first. */
    List<Member> live();

    /** Calls back after the view changed: on any thread, must return soon. */
    AutoCloseable listen(Runnable changed);
}
