package io.millrace.coordinator;

import java.util.List;

/**
 * What is to be done about a request: changes, all of them or none, and what to answer once they are committed.
 *
 * @param changes in their order; none: only what was looked at is answered
 */
public record Decision<K, V, T>(List<Change<K, V>> changes, T answer) {
    public Decision {
        changes = List.copyOf(changes);
    }

    /** Nothing changes. */
    public static <K, V, T> Decision<K, V, T> nothing(T answer) {
        return new Decision<>(List.of(), answer);
    }
}
