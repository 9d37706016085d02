package io.millrace.broker;

import io.millrace.metadata.Partitioner;
import java.nio.ByteBuffer;

/**
 * An application's partitioner for tests, found by ServiceLoader: the value's first byte, as a digit, is the partition.
 */
public final class FirstBytePartitioner implements Partitioner {
    @Override
    public String name() {
        return "first-byte";
    }

    @Override
    public int partition(String topic, ByteBuffer key, ByteBuffer value, int partitions) {
        if (!value.hasRemaining()) {
            throw new IllegalArgumentException("no first byte");
        }
        return value.get() - '0';
    }
}
