package io.millrace.metadata.registers;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.function.Consumer;

/** Registers that note what is read and written, and may be disturbed before each write. Used by one thread. */
public final class CountingRegisters implements RegisterStore {
    final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    public final List<String> read = new ArrayList<>();
    public final List<String> written = new ArrayList<>();
    public long bytesWritten;
    /** Called with the key before a register is changed. */
    public Consumer<String> beforeWrite = key -> { };
    /** Called with the key before a register is read. */
    Consumer<String> beforeRead = key -> { };
    /** Whether several changes at once are made and not confirmed. */
    boolean unconfirmed;
    /** How many changes are made yet until no more is answered. */
    int changesLeft = Integer.MAX_VALUE;

    public void forget() {
        read.clear();
        written.clear();
        bytesWritten = 0;
    }

    @Override
    public Optional<Register> read(String key) {
        beforeRead.accept(key);
        read.add(key);
        return registers.read(key);
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        change(key);
        bytesWritten += value.length();
        return registers.compareAndSet(key, expectedVersion, value);
    }

    @Override
    public Changed compareAndSetAll(SortedMap<String, Change> changes) {
        Changed changed = RegisterStore.super.compareAndSetAll(changes);
        if (unconfirmed) {
            throw new RegisterUnavailableException("not confirmed, by the test", null);
        }
        return changed;
    }

    @Override
    public boolean compareAndDelete(String key, long expectedVersion) {
        change(key);
        return registers.compareAndDelete(key, expectedVersion);
    }

    private void change(String key) {
        beforeWrite.accept(key);
        if (changesLeft-- <= 0) {
            throw new RegisterUnavailableException("switched off by the test", null);
        }
        written.add(key);
    }

    @Override
    public void announce(Collection<String> keys) {
        registers.announce(keys);
    }

    @Override
    public SortedSet<String> keys(String prefix) {
        return registers.keys(prefix);
    }

    @Override
    public void confirm() {
        registers.confirm();
    }

    @Override
    public AutoCloseable subscribe(Consumer<String> changedKey) {
        return registers.subscribe(changedKey);
    }
}
