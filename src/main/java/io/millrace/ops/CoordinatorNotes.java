package io.millrace.ops;

import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.CoordinatorStatus.State;
import java.util.List;

/**
 * What health says of the coordinators of what an internal topic holds.
 *
 * @param led the partitions of the topic that this broker leads
 */
record CoordinatorNotes(String topic, List<CoordinatorStatus> led) {
    /** How many of them are served. */
    String summary() {
        return count(State.ACTIVE) + " of " + led.size() + " led partitions of " + topic;
    }

    /** How far those have come that are being read into memory: a sentence for each. */
    List<String> loading() {
        return led.stream().filter(status -> status.state() == State.LOADING).map(this::progress).toList();
    }

    /** Why others cannot be served: a sentence for each. */
    List<String> failures() {
        return led.stream().filter(status -> status.state() == State.FAILED).map(CoordinatorStatus::failure).toList();
    }

    private long count(State state) {
        return led.stream().filter(status -> status.state() == state).count();
    }

    private String progress(CoordinatorStatus status) {
        return "partition %s-%d is being read: offset %d of %d".formatted(topic, status.partition(),
                status.load().position(), status.load().endOffset());
    }
}
