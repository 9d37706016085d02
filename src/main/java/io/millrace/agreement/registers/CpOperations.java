package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What registers need of the agreement: named texts, null at first, that all members see in one order of changes.
 * Thread-safe. Every method throws {@link RegisterUnavailableException} when there is no answer.
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

    /** Tells the listeners of all members; best effort, never throws. */
    void ring(String key);

    /** @param listener is called on a thread of the agreement's own and must return soon */
    AutoCloseable listen(Consumer<String> listener);
}
