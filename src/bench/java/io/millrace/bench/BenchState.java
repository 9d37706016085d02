package io.millrace.bench;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.Decision;
import io.millrace.coordinator.RecordCodec;
import io.millrace.coordinator.StateMachine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers by name, about as large as committed offsets: keys of 40 bytes, values of 24. */
final class BenchState implements StateMachine<String, Long> {
    private static final int VALUE_BYTES = 24;

    static final RecordCodec<String, Long> CODEC = new RecordCodec<>() {
        @Override
        public ByteBuffer writeKey(String key) {
            return ByteBuffer.wrap(key.getBytes(StandardCharsets.ISO_8859_1));
        }

        @Override
        public ByteBuffer writeValue(String key, Long value) {
            return ByteBuffer.allocate(VALUE_BYTES).putLong(0, value);
        }

        @Override
        public String readKey(ByteBuffer bytes) {
            return StandardCharsets.ISO_8859_1.decode(bytes).toString();
        }

        @Override
        public Long readValue(String key, ByteBuffer bytes) {
            return bytes.getLong(bytes.position());
        }
    };

    private final Map<String, Long> values = new HashMap<>();

    static String key(int number) {
        return "group-%014d/topic-%012d".formatted(number / 100, number);
    }

    @Override
    public Long replay(String key, Long value) {
        return value == null ? values.remove(key) : values.put(key, value);
    }

    Decision<String, Long, Long> next(String key) {
        long next = values.getOrDefault(key, 0L) + 1;
        return new Decision<>(List.of(new Change<>(key, next)), next);
    }
}
