package io.millrace.broker;

import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Lets a rival change a register just before the first compare-and-set of it. */
final class RacingRegisters extends DelegatingRegisters {
    private final String key;
    private final Runnable rival;
    private final AtomicBoolean raced = new AtomicBoolean();

    RacingRegisters(RegisterStore delegate, String key, Runnable rival) {
        super(delegate);
        this.key = key;
        this.rival = rival;
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        if (key.equals(this.key) && raced.compareAndSet(false, true)) {
            rival.run();
        }
        return super.compareAndSet(key, expectedVersion, value);
    }
}
