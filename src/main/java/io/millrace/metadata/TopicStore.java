package io.millrace.metadata;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The registers {@code topic/<name>}. Blocks. Errors of the registers come out as UNAVAILABLE. */
public final class TopicStore {
    private static final String PREFIX = "topic/";

    private final RegisterStore registers;
    private final TopicCodec codec = new TopicCodec();

    public TopicStore(RegisterStore registers) {
        this.registers = registers;
    }

    /** A topic with the version of its register. */
    public record Stored(Topic topic, long version) {
    }

    List<String> names() {
        return BrokerErrors.translating(() -> {
            List<String> names = new ArrayList<>();
            registers.keys(PREFIX).forEach(key -> names.add(key.substring(PREFIX.length())));
            return names;
        });
    }

    /** @return the topic's name when this is a topic's register */
    public static Optional<String> nameOf(String registerKey) {
        return registerKey.startsWith(PREFIX) ? Optional.of(registerKey.substring(PREFIX.length())) : Optional.empty();
    }

    /** As {@link #read}, for a name from outside: nothing odd becomes a register's key. */
    Optional<Stored> find(String name) {
        return TopicName.isLegal(name) ? read(name) : Optional.empty();
    }

    /** @throws IllegalStateException when the register does not hold a topic */
    public Optional<Stored> read(String name) {
        return BrokerErrors.translating(() -> registers.read(PREFIX + name)
                .map(register -> new Stored(codec.decode(register.value()), register.version())));
    }

    /**
     * Writes a topic over the version that was read, {@link RegisterStore#ABSENT} for a new one.
     *
     * @return false when another change came first: read again
     */
    public boolean write(Topic topic, long expectedVersion) {
        String key = PREFIX + topic.name();
        String json = codec.encode(topic);
        return BrokerErrors.translating(() -> {
            try {
                return registers.compareAndSet(key, expectedVersion, json).isPresent() || holds(key, json);
            } catch (RegisterUnavailableException outcomeUnknown) {
                if (holds(key, json)) {
                    return true;
                }
                throw outcomeUnknown;
            }
        });
    }

    /** @return false when another change came first: read again */
    boolean delete(Stored stored) {
        String key = PREFIX + stored.topic().name();
        return BrokerErrors.translating(() -> registers.compareAndDelete(key, stored.version())
                || registers.read(key).isEmpty());
    }

    /** Whether our own write took effect although it was answered otherwise: a compare-and-set may be replayed. */
    private boolean holds(String key, String json) {
        return registers.read(key).map(Register::value).filter(json::equals).isPresent();
    }
}
