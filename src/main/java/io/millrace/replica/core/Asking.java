package io.millrace.replica.core;

/** How a follower's request comes to be looked at. */
public enum Asking {
    /** As {@link #ARRIVED}, and it begins a fetch session: what the answers before it told may have been lost. */
    BEGAN,
    /** It has just come, and says how far the follower is. */
    ARRIVED,
    /** It was waiting, and says nothing new of the follower. */
    WAITED,
    /** It is beside the follower's replication: to heal its log. */
    ASIDE
}
