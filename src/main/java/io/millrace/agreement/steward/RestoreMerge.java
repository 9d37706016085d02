package io.millrace.agreement.steward;

import io.millrace.agreement.registers.RegisterState;
import java.util.SortedMap;
import java.util.TreeMap;

/** The registers as several journals together know them: the newest state of each, as part of a new incarnation. */
final class RestoreMerge {
    private final SortedMap<String, RegisterState> newest = new TreeMap<>();

    void add(SortedMap<String, RegisterState> states) {
        states.forEach((key, state) ->
            newest.merge(key, state, (held, found) -> found.isNewerThan(held) ? found : held));
    }

    /**
     * @param active      the highest incarnation of which one of the journals is complete. What is older was never
     *                    acknowledged, or that incarnation had it too
     * @param incarnation that the states become part of
     */
    SortedMap<String, RegisterState> merged(long active, long incarnation) {
        SortedMap<String, RegisterState> states = new TreeMap<>();
        newest.forEach((key, state) -> {
            if (state.incarnation() >= active) {
                states.put(key, state.in(incarnation));
            }
        });
        return states;
    }
}
