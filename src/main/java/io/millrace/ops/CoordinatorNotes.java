package io.millrace.ops;

import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.CoordinatorStatus.State;
import io.millrace.metadata.topics.InternalTopic;
import java.util.List;

/**
 * What health says of the coordinators of groups.
 *
 * @param led the partitions of the offsets topic that this broker leads
 */
record CoordinatorNotes(List<CoordinatorStatus> led) {
    /** How many of them are served. */
    String summary() {
        return count(State.ACTIVE) + " of " + led.size() + " led partitions of " + InternalTopic.OFFSETS;
    }

    /** How far those have come that are being read into memory: a sentence for each. */
    List<String> loading() {
        return led.stream().filter(status -> status.state() == State.LOADING).map(CoordinatorNotes::progress).toList();
    }

    /** Why others cannot be served: a sentence for each. */
    List<String> failures() {
        return led.stream().filter(status -> status.state() == State.FAILED).map(CoordinatorStatus::failure).toList();
    }

    private long count(State state) {
        return led.stream().filter(status -> status.state() == state).count();
    }

    private static String progress(CoordinatorStatus status) {
        return "partition %s-%d is being read: offset %d of %d".formatted(InternalTopic.OFFSETS, status.partition(),
                status.load().position(), status.load().endOffset());
    }
}
