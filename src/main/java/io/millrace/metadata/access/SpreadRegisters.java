package io.millrace.metadata.access;

import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Entries of one kind in several registers. Each register is changed by itself: a change of several is not all or nothing, and may
 * be repeated. Blocks. Errors of the registers come out as UNAVAILABLE.
 */
final class SpreadRegisters<T> {
    /** As encoded, in bytes. */
    private static final int MAX_BYTES = 64 * 1024;

    private final RegisterStore registers;
    private final Rows<T> rows;

    SpreadRegisters(RegisterStore registers, Rows<T> rows) {
        this.registers = registers;
        this.rows = rows;
    }

    /** The keys of all registers, whether they exist or not. */
    static List<String> keys(Rows<?> rows) {
        return IntStream.range(0, rows.registers()).mapToObj(number -> rows.prefix() + number).toList();
    }

    /** Where this entry is, if it is. */
    String key(T entry) {
        return rows.prefix() + Math.floorMod(mixed(rows.spreadBy(entry).hashCode()), rows.registers());
    }

    /** Texts that differ in few letters have hashes that do so in few bits. It stays as it is: registers rely on it. */
    private static int mixed(int hash) {
        int mixed = (hash ^ hash >>> 16) * 0x85ebca6b;
        mixed = (mixed ^ mixed >>> 13) * 0xc2b2ae35;
        return mixed ^ mixed >>> 16;
    }

    List<T> all() {
        return BrokerErrors.translating(() -> {
            List<T> all = new ArrayList<>();
            registers.readAll(keys(rows)).values().forEach(register -> all.addAll(rows.decode(register.value())));
            return all;
        });
    }

    /** @throws AccessLimitException when that is more than there may be, and more than before */
    void requireRoom(int count, int more) {
        if (more > 0 && count > rows.most()) {
            throw AccessLimitException.of(rows.name(), rows.most());
        }
    }

    /** Says to the agreement that there will be these registers. */
    void announce(Collection<String> keys) {
        BrokerErrors.translating(() -> {
            registers.announce(keys);
            return null;
        });
    }

    /** The entries of a register, in their order, before and after {@link #change}. */
    record Changed<T>(List<T> before, List<T> after) {
    }

    /**
     * Changes one register by compare-and-set.
     *
     * @param change of what is there; called anew when another change came first. It gives entries in their order; the same ones:
     *               nothing is written
     * @throws AccessLimitException when they are too many for a register
     */
    Changed<T> change(String key, UnaryOperator<List<T>> change) {
        return BrokerErrors.translating(() -> {
            while (true) {
                Optional<Register> found = registers.read(key);
                List<T> before = found.map(register -> rows.decode(register.value())).orElse(List.of());
                List<T> after = change.apply(before);
                if (after.equals(before)) {
                    return new Changed<>(before, before);
                }
                String json = rows.encode(after);
                if (json.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES && after.size() > before.size()) {
                    throw AccessLimitException.of(rows.name(), rows.most());
                }
                long version = found.map(Register::version).orElse(RegisterStore.ABSENT);
                boolean done = after.isEmpty() ? registers.compareAndDelete(key, version)
                        : registers.compareAndSet(key, version, json).isPresent();
                if (done) {
                    return new Changed<>(before, after);
                }
            }
        });
    }

    /** The entries by the register that each belongs to. */
    SortedMap<String, List<T>> byKey(Collection<T> entries) {
        return entries.stream().collect(Collectors.groupingBy(this::key, TreeMap::new, Collectors.toList()));
    }
}
