package io.millrace.metadata.registers;

import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The ids of topics that are being deleted, in the register {@code topic-deletions}, each with the brokers that have yet
 * to remove their logs: written before the topic's own register goes, and cleared by each broker after its logs have
 * gone, so that logs are removed only when that was asked for, also by a broker that was down then. Blocks. Errors of the
 * register come out as UNAVAILABLE.
 */
public final class DeletedTopics {
    /** What is dropped beyond this is set aside by who comes back so late, and not removed. */
    static final int MOST = 1_000;

    private static final String KEY = "topic-deletions";
    /** Earlier versions had ids alone, cleared by whichever broker was the first. */
    private static final String EARLIER_KEY = "deleted-topics";

    private final RegisterStore registers;
    private final int brokerId;
    private final Jsonb jsonb = JsonbBuilder.create();

    public DeletedTopics(RegisterStore registers, int brokerId) {
        this.registers = registers;
        this.brokerId = brokerId;
    }

    /** Those whose logs this broker has yet to remove. */
    public Set<UUID> ids() {
        return BrokerErrors.translating(() -> {
            Set<UUID> ids = decode(registers.read(EARLIER_KEY)).keySet().stream().map(UUID::fromString)
                    .collect(Collectors.toSet());
            decode(registers.read(KEY)).forEach((id, brokers) -> {
                if (brokers.contains(brokerId)) {
                    ids.add(UUID.fromString(id));
                }
            });
            return ids;
        });
    }

    /** @param brokers all that may have logs of the topic */
    public void add(UUID id, Collection<Integer> brokers) {
        change(KEY, deletions -> {
            deletions.put(id.toString(), new TreeSet<>(brokers));
            while (deletions.size() > MOST) {
                deletions.remove(deletions.keySet().iterator().next());
            }
        });
    }

    /** This broker has no logs of the topic any more. */
    public void remove(UUID id) {
        change(KEY, deletions -> deletions.computeIfPresent(id.toString(), (same, brokers) -> {
            brokers.remove(brokerId);
            return brokers.isEmpty() ? null : brokers;
        }));
        change(EARLIER_KEY, deletions -> deletions.remove(id.toString()));
    }

    private void change(String key, Consumer<Map<String, Set<Integer>>> change) {
        BrokerErrors.translating(() -> {
            while (true) {
                Optional<Register> present = registers.read(key);
                Map<String, Set<Integer>> before = decode(present);
                Map<String, Set<Integer>> after = decode(present);
                change.accept(after);
                long version = present.map(Register::version).orElse(RegisterStore.ABSENT);
                if (after.equals(before) || registers.compareAndSet(key, version, encode(after)).isPresent()) {
                    return null;
                }
            }
        });
    }

    private String encode(Map<String, Set<Integer>> deletions) {
        List<String> entries = new ArrayList<>();
        deletions.forEach((id, brokers) -> entries.add(
                id + brokers.stream().map(broker -> " " + broker).collect(Collectors.joining())));
        return jsonb.toJson(entries.toArray(String[]::new));
    }

    /** By id, the oldest first. */
    private Map<String, Set<Integer>> decode(Optional<Register> register) {
        Map<String, Set<Integer>> deletions = new LinkedHashMap<>();
        register.ifPresent(present -> {
            for (String entry : jsonb.fromJson(present.value(), String[].class)) {
                String[] words = entry.split(" ");
                Set<Integer> brokers = new TreeSet<>();
                for (int i = 1; i < words.length; i++) {
                    brokers.add(Integer.valueOf(words[i]));
                }
                deletions.put(words[0], brokers);
            }
        });
        return deletions;
    }
}
