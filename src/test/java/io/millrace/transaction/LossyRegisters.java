package io.millrace.transaction;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import java.util.Optional;
import java.util.Random;

/** Registers that lose some requests and some answers, from a seed. Thread-safe. */
final class LossyRegisters extends InMemoryRegisterStore {
    private final Random weather;
    private volatile boolean calm;

    LossyRegisters(long seed) {
        this.weather = new Random(seed);
    }

    /** From now on all is answered. */
    void calm() {
        calm = true;
    }

    @Override
    public Optional<Register> read(String key) {
        lose(4);
        return super.read(key);
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        lose(4);
        Optional<Register> set = super.compareAndSet(key, expectedVersion, value);
        lose(2);
        return set;
    }

    /** @param oneIn how many calls there are for one that is lost */
    private void lose(int oneIn) {
        if (!calm && weather.nextInt(oneIn) == 0) {
            throw new RegisterUnavailableException("lost by the test", null);
        }
    }
}
