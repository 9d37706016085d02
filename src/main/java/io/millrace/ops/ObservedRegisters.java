package io.millrace.ops;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Registers whose failures are told to someone. */
final class ObservedRegisters implements RegisterStore {
    private final RegisterStore registers;
    private final Runnable failed;

    ObservedRegisters(RegisterStore registers, Runnable failed) {
        this.registers = registers;
        this.failed = failed;
    }

    @Override
    public Optional<Register> read(String key) {
        return observed(() -> registers.read(key));
    }

    @Override
    public SortedMap<String, Register> readAll(Collection<String> keys) {
        return observed(() -> registers.readAll(keys));
    }

    @Override
    public Changed compareAndSetAll(SortedMap<String, Change> changes) {
        Changed changed = observed(() -> registers.compareAndSetAll(changes));
        if (changed.unknown() != null) {
            failed.run();
        }
        return changed;
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        return observed(() -> registers.compareAndSet(key, expectedVersion, value));
    }

    @Override
    public boolean compareAndDelete(String key, long expectedVersion) {
        return observed(() -> registers.compareAndDelete(key, expectedVersion));
    }

    @Override
    public void announce(Collection<String> keys) {
        observed(() -> {
            registers.announce(keys);
            return null;
        });
    }

    @Override
    public SortedSet<String> keys(String prefix) {
        return observed(() -> registers.keys(prefix));
    }

    @Override
    public void confirm() {
        observed(() -> {
            registers.confirm();
            return null;
        });
    }

    @Override
    public AutoCloseable subscribe(Consumer<String> changedKey) {
        return observed(() -> registers.subscribe(changedKey));
    }

    private <T> T observed(Supplier<T> call) {
        try {
            return call.get();
        } catch (RegisterUnavailableException e) {
            failed.run();
            throw e;
        }
    }
}
