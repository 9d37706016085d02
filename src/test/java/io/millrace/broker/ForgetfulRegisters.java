package io.millrace.broker;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.util.Optional;

/** Registers that set what they are told to and then lose the answer. */
final class ForgetfulRegisters extends DelegatingRegisters {
    ForgetfulRegisters(RegisterStore delegate) {
        super(delegate);
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        super.compareAndSet(key, expectedVersion, value);
        throw new RegisterUnavailableException("the answer was lost", null);
    }
}
