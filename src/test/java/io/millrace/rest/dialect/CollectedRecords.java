package io.millrace.rest.dialect;

import io.millrace.record.Header;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A sink that keeps what it is given as text. */
final class CollectedRecords implements RecordSink {
    record Collected(int partition, long timestamp, byte[] key, byte[] value, List<Header> headers) {
        String keyText() {
            return key == null ? null : new String(key, StandardCharsets.UTF_8);
        }

        String valueText() {
            return value == null ? null : new String(value, StandardCharsets.UTF_8);
        }
    }

    final List<Collected> records = new ArrayList<>();

    @Override
    public void append(int partition, long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers) {
        records.add(new Collected(partition, timestamp, copy(key), copy(value), headers));
    }

    private static byte[] copy(ByteBuffer bytes) {
        if (bytes == null) {
            return null;
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }
}
