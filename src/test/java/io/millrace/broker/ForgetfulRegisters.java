package io.millrace.broker;

import io.millrace.cluster.Register;
import io.millrace.cluster.RegisterStore;
import io.millrace.cluster.RegisterUnavailableException;
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
