package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Map;

/** Keeps the newest version of every register where a crash does not reach it. Thread-safe. */
public interface RegisterJournal {
    /**
     * Returns once this version of the register, or a newer one, is durable.
     *
     * @throws RegisterUnavailableException when it is not known to be
     */
    void ensure(String key, RegisterState state);

    /** As {@link #ensure} for each of them. */
    default void ensureAll(Map<String, RegisterState> states) {
        states.forEach(this::ensure);
    }

    /**
     * Returns when a majority of the journals have said that they promise this incarnation and no later one. A journal
     * alone has nobody to ask.
     *
     * @throws RegisterUnavailableException when they did not say so
     */
    default void confirm(long incarnation) {
    }

    /** @throws RegisterUnavailableException when the journal has failed, so that nothing new can become durable */
    void requireWritable();
}
