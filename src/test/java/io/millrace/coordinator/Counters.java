package io.millrace.coordinator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Numbers by name: a state machine for tests, and how it is written. */
public final class Counters implements StateMachine<String, Long> {
    /** The records of {@link Counters}: both as text. */
    public static final RecordCodec<String, Long> CODEC = new RecordCodec<>() {
        @Override
        public ByteBuffer writeKey(String key) {
            return bytes(key);
        }

        @Override
        public ByteBuffer writeValue(String key, Long value) {
            return bytes(Long.toString(value));
        }

        @Override
        public String readKey(ByteBuffer bytes) {
            return text(bytes);
        }

        @Override
        public Long readValue(String key, ByteBuffer bytes) {
            return Long.valueOf(text(bytes));
        }
    };

    private final Map<String, Long> values = new TreeMap<>();
    private final Set<String> pending = new TreeSet<>();
    private String failingKey;

    /** The next change of this key throws. */
    void failAt(String key) {
        failingKey = key;
    }

    @Override
    public Long replay(String key, Long value) {
        if (key.equals(failingKey)) {
            throw new IllegalStateException("as the test wants it");
        }
        return value == null ? values.remove(key) : values.put(key, value);
    }

    @Override
    public void pending(String key, List<Long> values) {
        if (!values.isEmpty()) {
            pending.add(key);
        } else {
            pending.remove(key);
        }
    }

    /** Which keys open transactions may yet change. */
    public Set<String> pending() {
        return new TreeSet<>(pending);
    }

    public long value(String key) {
        return values.getOrDefault(key, 0L);
    }

    public Map<String, Long> values() {
        return new TreeMap<>(values);
    }

    /** Counts on, and answers where the count is then. */
    public Decision<String, Long, Long> add(String key, long amount) {
        long next = value(key) + amount;
        return new Decision<>(List.of(new Change<>(key, next)), next);
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
