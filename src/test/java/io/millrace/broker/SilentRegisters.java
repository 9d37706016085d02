package io.millrace.broker;

import io.millrace.agreement.registers.RegisterStore;
import java.util.function.Consumer;

/** Registers whose doorbell never rings. */
final class SilentRegisters extends DelegatingRegisters {
    SilentRegisters(RegisterStore delegate) {
        super(delegate);
    }

    @Override
    public AutoCloseable subscribe(Consumer<String> changedKey) {
        return () -> { };
    }
}
