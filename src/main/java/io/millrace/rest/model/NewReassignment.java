package io.millrace.rest.model;

import java.util.List;

/**
 * A partition to move.
 *
 * @param replicas ids of the brokers that are to have it, the preferred leader first
 */
public record NewReassignment(String topicName, Integer partition, List<Integer> replicas) {
}
