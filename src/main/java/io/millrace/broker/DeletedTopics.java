package io.millrace.broker;

import io.millrace.cluster.Register;
import io.millrace.cluster.RegisterStore;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The ids of topics that are being deleted, in the register {@code deleted-topics}: written before the topic's own
 * register goes and cleared after its logs have gone, so that logs without a topic are removed after a crash only when
 * that was asked for. Blocks. Errors of the register come out as UNAVAILABLE.
 */
final class DeletedTopics {
    private static final String KEY = "deleted-topics";

    private final RegisterStore registers;
    private final Jsonb jsonb = JsonbBuilder.create();

    DeletedTopics(RegisterStore registers) {
        this.registers = registers;
    }

    Set<UUID> ids() {
        return BrokerErrors.translating(() -> decode(registers.read(KEY)).stream().map(UUID::fromString)
                .collect(Collectors.toSet()));
    }

    void add(UUID id) {
        change(ids -> ids.add(id.toString()));
    }

    void remove(UUID id) {
        change(ids -> ids.remove(id.toString()));
    }

    private void change(Consumer<Set<String>> change) {
        BrokerErrors.translating(() -> {
            while (true) {
                Optional<Register> present = registers.read(KEY);
                Set<String> before = decode(present);
                Set<String> after = new TreeSet<>(before);
                change.accept(after);
                long version = present.map(Register::version).orElse(RegisterStore.ABSENT);
                if (after.equals(before) || registers.compareAndSet(KEY, version, jsonb.toJson(after)).isPresent()) {
                    return null;
                }
            }
        });
    }

    private Set<String> decode(Optional<Register> register) {
        return register.map(present -> Set.copyOf(List.of(jsonb.fromJson(present.value(), String[].class))))
                .orElse(Set.of());
    }
}
