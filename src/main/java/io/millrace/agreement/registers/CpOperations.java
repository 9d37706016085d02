package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What registers need of the agreement: named texts, null at first, that all members see in one order of changes.
 * Thread-safe. A method throws {@link RegisterUnavailableException} when there is no answer, but where it says otherwise.
 */
public interface CpOperations {
    String get(String name);

    /** The texts by name, null ones left out: faster than one call each, and not one common instant. */
    Map<String, String> getAll(Collection<String> names);

    /**
     * Sets a text if it is the expected one. May have been carried out when it throws, may yet be carried out after it
     * threw, and, where calls are repeated after a lost answer, may have been carried out when it returns false.
     */
    boolean compareAndSet(String name, String expected, String value);

    /**
     * A text that takes another's place.
     *
     * @param expected null: there is none yet
     */
    record Swap(String expected, String value) {
    }

    /**
     * What became of several {@link #compareAndSet compare-and-sets}.
     *
     * @param set     the names of the texts that were set for certain
     * @param silence why the others may have been set; null: each of them was answered
     */
    record Swapped(Set<String> set, RegisterUnavailableException silence) {
    }

    /** As {@link #compareAndSet} for each name, and faster; each by itself, and in no certain order. Never throws. */
    default Swapped compareAndSetAll(SortedMap<String, Swap> swaps) {
        Set<String> set = new TreeSet<>();
        RegisterUnavailableException silence = null;
        for (Map.Entry<String, Swap> swap : swaps.entrySet()) {
            try {
                if (compareAndSet(swap.getKey(), swap.getValue().expected(), swap.getValue().value())) {
                    set.add(swap.getKey());
                }
            } catch (RegisterUnavailableException unanswered) {
                silence = unanswered;
            }
        }
        return new Swapped(set, silence);
    }

    /** Tells the listeners of all members; best effort, never throws. */
    void ring(String key);

    /** @param listener is called on a thread of the agreement's own and must return soon */
    AutoCloseable listen(Consumer<String> listener);
}
