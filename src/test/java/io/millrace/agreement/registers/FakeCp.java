package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Agreement within one test, which can be told to lose the answers of compare-and-sets. */
public final class FakeCp implements CpOperations {
    /** What becomes of one compare-and-set. */
    enum Fate {
        ANSWERED,
        LOST_BEFORE,
        LOST_AFTER,
        REPEATED_AFTER
    }

    /** Decides the fate of each compare-and-set of a register; runs before it. */
    interface Weather {
        Fate of(String name);
    }

    private final Map<String, String> texts = new HashMap<>();
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    private volatile Weather weather = name -> Fate.ANSWERED;
    /** Runs once, between the next compare-and-set and its answer. */
    private volatile Runnable meanwhile = () -> { };

    void weather(Weather weather) {
        this.weather = weather;
    }

    void meanwhile(Runnable meanwhile) {
        this.meanwhile = meanwhile;
    }

    /** As a reset does. */
    public synchronized void forget() {
        texts.clear();
    }

    @Override
    public synchronized String get(String name) {
        return texts.get(name);
    }

    @Override
    public synchronized Map<String, String> getAll(Collection<String> names) {
        Map<String, String> found = new HashMap<>(texts);
        found.keySet().retainAll(names);
        return found;
    }

    @Override
    public boolean compareAndSet(String name, String expected, String value) {
        Fate fate = name.equals(RegisterDirectory.NAME) || name.equals(Incarnation.NAME) ? Fate.ANSWERED
            : weather.of(name);
        boolean set = fate != Fate.LOST_BEFORE && set(name, expected, value);
        Runnable between = meanwhile;
        meanwhile = () -> { };
        between.run();
        return switch (fate) {
            case ANSWERED -> set;
            case REPEATED_AFTER -> set(name, expected, value);
            case LOST_BEFORE, LOST_AFTER -> throw new RegisterUnavailableException("answer lost", null);
        };
    }

    private synchronized boolean set(String name, String expected, String value) {
        if (!Objects.equals(texts.get(name), expected)) {
            return false;
        }
        texts.put(name, value);
        return true;
    }

    @Override
    public void ring(String key) {
        listeners.forEach(listener -> listener.accept(key));
    }

    @Override
    public AutoCloseable listen(Consumer<String> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }
}
