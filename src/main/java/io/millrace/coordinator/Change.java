package io.millrace.coordinator;

import java.util.Objects;

/**
 * A key gets a value: one record.
 *
 * @param value null: the key has none any more, a tombstone
 */
public record Change<K, V>(K key, V value) {
    public Change {
        Objects.requireNonNull(key, "a record of a compacted topic needs a key");
    }
}
