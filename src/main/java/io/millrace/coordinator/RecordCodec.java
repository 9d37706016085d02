package io.millrace.coordinator;

import java.nio.ByteBuffer;

/**
 * How changes of a state stand in records. What cannot be read is a {@link RuntimeException} that says why: then the
 * partition is not served by this server, see {@link CoordinatorRuntime}. A version that later servers write, and that
 * this one may pass over, is a key of its own that the state takes no notice of.
 */
public interface RecordCodec<K, V> {
    ByteBuffer writeKey(K key);

    ByteBuffer writeValue(K key, V value);

    K readKey(ByteBuffer bytes);

    V readValue(K key, ByteBuffer bytes);
}
