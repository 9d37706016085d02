package io.millrace.coordinator;

import java.util.List;

/**
 * A state that is the newest value of each key, and whatever follows from those. A plain object: the runtime lets one task
 * at a time touch it, and nobody else may keep it.
 *
 * @param <K> immutable, equal to itself when it was written and read again
 * @param <V> immutable
 */
public interface StateMachine<K, V> {
    /**
     * A key has a value from now on: because that was decided, because it is in the log, or because what was decided is
     * undone. Any value of a key may follow any other.
     *
     * @param value null: the key has none any more
     * @return what it had before, or null; {@code replay(key, before)} brings back the state before
     */
    V replay(K key, V value);

    /**
     * What open transactions may yet make of a key: until they are ended its value is not the last word. Told whenever that
     * is something else than before, for whoever must wait for it.
     *
     * @param values in the order of the log, unmodifiable; empty: its value is the last word
     */
    default void pending(K key, List<V> values) {
    }
}
