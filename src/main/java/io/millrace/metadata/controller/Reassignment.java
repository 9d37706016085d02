package io.millrace.metadata.controller;

import io.millrace.metadata.TopicPartition;
import java.util.List;

/** A partition on its way from its replicas to others. */
public record Reassignment(TopicPartition id, List<Integer> replicas, List<Integer> target, List<Integer> isr) {
}
