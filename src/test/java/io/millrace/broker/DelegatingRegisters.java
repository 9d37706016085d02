package io.millrace.broker;

import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Consumer;

/** Registers that are another's, for tests that disturb one of the calls. */
abstract class DelegatingRegisters implements RegisterStore {
    private final RegisterStore delegate;

    DelegatingRegisters(RegisterStore delegate) {
        this.delegate = delegate;
    }

    @Override
    public Optional<Register> read(String key) {
        return delegate.read(key);
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        return delegate.compareAndSet(key, expectedVersion, value);
    }

    @Override
    public boolean compareAndDelete(String key, long expectedVersion) {
        return delegate.compareAndDelete(key, expectedVersion);
    }

    @Override
    public void announce(Collection<String> keys) {
        delegate.announce(keys);
    }

    @Override
    public SortedSet<String> keys(String prefix) {
        return delegate.keys(prefix);
    }

    @Override
    public void confirm() {
        delegate.confirm();
    }

    @Override
    public AutoCloseable subscribe(Consumer<String> changedKey) {
        return delegate.subscribe(changedKey);
    }
}
