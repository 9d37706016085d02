package io.millrace.rest.model;

import io.millrace.group.offsets.OffsetChange;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;

/**
 * Committed offsets of a consumer group that were set.
 *
 * @param dryRun whether this only says what would be done
 */
@JsonbPropertyOrder({"dryRun", "offsets"})
public record ResetOffsets(boolean dryRun, List<Change> offsets) {
    /** @param before null: nothing was committed */
    @JsonbPropertyOrder({"topic", "partition", "before", "after"})
    public record Change(String topic, int partition, Long before, long after) {
    }

    public static ResetOffsets of(boolean dryRun, List<OffsetChange> changes) {
        return new ResetOffsets(dryRun, changes.stream().map(change -> new Change(change.partition().topic(),
                change.partition().partition(), change.before(), change.after())).toList());
    }
}
