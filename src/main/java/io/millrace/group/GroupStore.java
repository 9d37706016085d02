package io.millrace.group;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The registers {@code group/<id>}. Blocks. Errors of the registers come out as UNAVAILABLE. */
final class GroupStore {
    private static final String PREFIX = "group/";

    private final RegisterStore registers;
    private final GroupCodec codec = new GroupCodec();

    GroupStore(RegisterStore registers) {
        this.registers = registers;
    }

    /** A group with the version of its register. */
    record Stored(GroupState state, long version) {
    }

    List<String> ids() {
        return translating(() -> {
            List<String> ids = new ArrayList<>();
            registers.keys(PREFIX).forEach(key -> ids.add(key.substring(PREFIX.length())));
            return ids;
        });
    }

    /** @throws IllegalStateException when the register does not hold a group */
    Optional<Stored> read(String id) {
        return translating(() -> registers.read(PREFIX + id)
                .map(register -> new Stored(codec.decode(register.value()), register.version())));
    }

    /**
     * Writes a group over the version that was read, {@link RegisterStore#ABSENT} for a new one.
     *
     * @return the new version, or empty when another change came first
     * @throws BrokerException UNAVAILABLE: whether it was written is not known
     */
    Optional<Long> write(String id, GroupState state, long expectedVersion) {
        String json = codec.encode(state);
        return translating(() -> registers.compareAndSet(PREFIX + id, expectedVersion, json).map(now -> now.version()));
    }

    /**
     * @return false when another change came first
     * @throws BrokerException UNAVAILABLE: whether it was deleted is not known
     */
    boolean delete(String id, long expectedVersion) {
        return translating(() -> registers.compareAndDelete(PREFIX + id, expectedVersion));
    }

    private static <T> T translating(Supplier<T> action) {
        try {
            return action.get();
        } catch (RegisterUnavailableException failure) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, failure.getMessage(), failure);
        }
    }
}
