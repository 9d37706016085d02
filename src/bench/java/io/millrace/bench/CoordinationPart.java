package io.millrace.bench;

/** The parts of the suite of groups in a cluster, in the order in which they are run. */
enum CoordinationPart {
    COMMITS, MEMBERS, FAILOVER, SOAK
}
