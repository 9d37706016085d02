package io.millrace.broker;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CountDownLatch;

/** Registers that can stop answering: every call then waits until the test lets them go, and fails. */
final class HangingRegisters extends DelegatingRegisters {
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile boolean hanging;

    HangingRegisters(RegisterStore delegate) {
        super(delegate);
    }

    void hang() {
        hanging = true;
    }

    /** Ends the calls that wait. */
    void letGo() {
        over.countDown();
    }

    @Override
    public Optional<Register> read(String key) {
        answer();
        return super.read(key);
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        answer();
        return super.compareAndSet(key, expectedVersion, value);
    }

    @Override
    public boolean compareAndDelete(String key, long expectedVersion) {
        answer();
        return super.compareAndDelete(key, expectedVersion);
    }

    @Override
    public SortedSet<String> keys(String prefix) {
        answer();
        return super.keys(prefix);
    }

    private void answer() {
        if (!hanging) {
            return;
        }
        try {
            over.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        throw new RegisterUnavailableException("no answer", null);
    }
}
