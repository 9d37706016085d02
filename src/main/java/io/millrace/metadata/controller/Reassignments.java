package io.millrace.metadata.controller;

import io.millrace.metadata.BrokerException;
import java.util.List;

/** Partitions that move to other brokers. Changes block, and are durable when the call returns. */
public interface Reassignments {
    /**
     * Begins to move a partition; it goes on by itself, whatever brokers die meanwhile.
     *
     * @param replicas broker ids, the preferred leader first
     * @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, INVALID_REQUEST
     */
    void start(String topic, int partition, List<Integer> replicas);

    /** @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, INVALID_REQUEST when it does not move */
    void cancel(String topic, int partition);

    List<Reassignment> all();

    /**
     * Begins to move every replica that a broker has to other brokers.
     *
     * @throws BrokerException INVALID_REQUEST when there is no such broker, or not enough others
     */
    void drain(int brokerId);
}
