package io.millrace.log;

import java.util.Optional;

/**
 * What happens to old records: one of the two at least.
 *
 * @param deletes    whether segments go that are too old or too much
 * @param compaction how the log is compacted; empty: it is not
 */
public record Cleanup(boolean deletes, Optional<Compaction> compaction) {
    /** Segments that are too old or too much are deleted. */
    public static final Cleanup DELETE = new Cleanup(true, Optional.empty());

    /** @throws IllegalArgumentException when nothing happens to them */
    public Cleanup {
        if (!deletes && compaction.isEmpty()) {
            throw new IllegalArgumentException("cleanup: found neither deletion nor compaction, allowed one or both");
        }
    }
}
