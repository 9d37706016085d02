package io.millrace.broker;

import io.millrace.coordinator.RecordCodec;
import io.millrace.coordinator.StateMachine;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Of each key all changes that it ever had, by their numbers and in their order: a state that forgets nothing. */
final class Ledgers implements StateMachine<String, List<Long>> {
    /** As text. */
    static final RecordCodec<String, List<Long>> CODEC = new RecordCodec<>() {
        @Override
        public ByteBuffer writeKey(String key) {
            return BrokerHarness.bytes(key);
        }

        @Override
        public ByteBuffer writeValue(String key, List<Long> value) {
            return BrokerHarness.bytes(String.join(",", value.stream().map(String::valueOf).toList()));
        }

        @Override
        public String readKey(ByteBuffer bytes) {
            return BrokerHarness.text(bytes);
        }

        @Override
        public List<Long> readValue(String key, ByteBuffer bytes) {
            return List.of(BrokerHarness.text(bytes).split(",")).stream().map(Long::valueOf).toList();
        }
    };

    private final Map<String, List<Long>> entries = new TreeMap<>();
    private boolean deaf;

    /** Whether it takes no notice of anything, for now. */
    void setDeaf(boolean deaf) {
        this.deaf = deaf;
    }

    @Override
    public List<Long> replay(String key, List<Long> value) {
        if (deaf) {
            return null;
        }
        return value == null ? entries.remove(key) : entries.put(key, value);
    }

    List<Long> of(String key) {
        return entries.getOrDefault(key, List.of());
    }

    List<Long> with(String key, long change) {
        List<Long> longer = new ArrayList<>(of(key));
        longer.add(change);
        return List.copyOf(longer);
    }
}
