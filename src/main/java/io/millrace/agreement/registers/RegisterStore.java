package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Registers, changed only by compare-and-set. What a call returns is durable: it was in the journal before the call
 * returned. Thread-safe; calls block for the time of a compare-and-set and a forced write.
 */
public interface RegisterStore {
    /** Version to expect when a register must not exist, or must have been deleted. */
    long ABSENT = 0;

    /**
     * @throws RegisterUnavailableException when agreement cannot be reached or the journal cannot be written
     */
    Optional<Register> read(String key);

    /**
     * Those of these registers that exist, by key: as {@link #read} of each, and faster; not one common instant.
     *
     * @throws RegisterUnavailableException as {@link #read}
     */
    default SortedMap<String, Register> readAll(Collection<String> keys) {
        SortedMap<String, Register> found = new TreeMap<>();
        keys.forEach(key -> read(key).ifPresent(register -> found.put(key, register)));
        return found;
    }

    /**
     * Sets a register if its version is the expected one.
     *
     * @return the register as it now stands, or empty when another version was found: read again
     * @throws RegisterUnavailableException when the outcome is not known: read again before deciding
     */
    Optional<Register> compareAndSet(String key, long expectedVersion, String value);

    /** A register's next value, over the version that was read. */
    record Change(long expectedVersion, String value) {
    }

    /**
     * What became of several changes.
     *
     * @param set     by key, the registers that were set for certain
     * @param unknown why the others may have been set: read them again before deciding; null: of each of them another
     *                version was found
     */
    record Changed(SortedMap<String, Register> set, RegisterUnavailableException unknown) {
    }

    /**
     * As {@link #compareAndSet} of each key, and faster: each by itself, not all or none.
     *
     * @throws RegisterUnavailableException when the outcome of none of them is known
     */
    default Changed compareAndSetAll(SortedMap<String, Change> changes) {
        SortedMap<String, Register> set = new TreeMap<>();
        RegisterUnavailableException unknown = null;
        for (Map.Entry<String, Change> change : changes.entrySet()) {
            try {
                compareAndSet(change.getKey(), change.getValue().expectedVersion(), change.getValue().value())
                        .ifPresent(register -> set.put(change.getKey(), register));
            } catch (RegisterUnavailableException unanswered) {
                unknown = unanswered;
            }
        }
        return new Changed(set, unknown);
    }

    /**
     * Deletes a register if its version is the expected one; its versions go on from there when it is created again.
     *
     * @throws RegisterUnavailableException when the outcome is not known: read again before deciding
     */
    boolean compareAndDelete(String key, long expectedVersion);

    /**
     * Says which registers are about to be created, so that all of them together cost one change of the list of keys, which
     * is as long as there are registers, and not one each. They need not be created.
     *
     * @throws RegisterUnavailableException when agreement cannot be reached
     */
    void announce(Collection<String> keys);

    /** The keys of existing registers with this prefix. */
    SortedSet<String> keys(String prefix);

    /**
     * Returns when a majority of the brokers' journals have said, after the call began, that they promise the incarnation
     * that is read and changed here: until then nobody can have begun a later one elsewhere. The agreement's own answers
     * do not say that.
     *
     * @throws RegisterUnavailableException when they did not say so
     */
    void confirm();

    /** Calls back with the key of each changed register: best effort, a doorbell, never to be relied on. */
    AutoCloseable subscribe(Consumer<String> changedKey);
}
