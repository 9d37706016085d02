package io.millrace.agreement.steward;

import io.millrace.agreement.registers.RegisterState;
import java.util.SortedMap;
import java.util.TreeMap;

/** The registers as several journals together know them: the newest state of each, as part of a new incarnation. */
final class RestoreMerge {
    private final long active;
    private final long incarnation;
    private final SortedMap<String, RegisterState> merged = new TreeMap<>();

    /**
     * @param active      the highest incarnation of which one of the journals is complete. What is older was never
     *                    acknowledged, or that incarnation had it too
     * @param incarnation that the states become part of
     */
    RestoreMerge(long active, long incarnation) {
        this.active = active;
        this.incarnation = incarnation;
    }

    void add(SortedMap<String, RegisterState> states) {
        states.forEach((key, state) -> {
            if (state.incarnation() >= active) {
                merged.merge(key, state, (held, found) -> found.isNewerThan(held) ? found : held);
            }
        });
    }

    SortedMap<String, RegisterState> merged() {
        SortedMap<String, RegisterState> states = new TreeMap<>(merged);
        states.replaceAll((key, state) -> state.in(incarnation));
        return states;
    }
}
