package io.millrace.bench;

/** The parts of the cluster's suite, in the order in which they are run; the servers are started for any of them. */
enum ClusterPart {
    START, IDLE, THROUGHPUT, LATENCY, PARTITIONS, REGISTERS, KILL, PAUSE, RESTART, LINKS
}
