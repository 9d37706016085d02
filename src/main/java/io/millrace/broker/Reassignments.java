package io.millrace.broker;

import java.util.List;

/** Moves partitions to other brokers. */
public interface Reassignments {
    void start(String topic, int partition, List<Integer> replicas);

    void cancel(String topic, int partition);

    List<Reassignment> all();

    void drain(int brokerId);
}
