package io.millrace.group;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The registers {@code group/<id>}, in which earlier versions kept groups: they are taken over into the log, and end. Blocks.
 * Errors of the registers come out as UNAVAILABLE.
 */
final class GroupRegisters {
    private static final String PREFIX = "group/";

    private final RegisterStore registers;
    private final GroupRegisterCodec codec = new GroupRegisterCodec();

    GroupRegisters(RegisterStore registers) {
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
