package io.millrace.agreement.journal;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.RegisterState;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** A journal in memory whose disk can fail. */
public final class FakeJournal implements StandingJournal {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final TreeMap<String, RegisterState> states = new TreeMap<>();
    private BooleanSupplier failing = () -> false;
    private boolean offline;
    private Standing standing = Standing.NONE;
    private JournalOrigin origin = new JournalOrigin("j" + COUNT.incrementAndGet(), Collections.emptySortedSet());

    public synchronized void failing(BooleanSupplier failing) {
        this.failing = failing;
    }

    public synchronized void offline(boolean offline) {
        this.offline = offline;
    }

    @Override
    public synchronized void ensure(String key, RegisterState state) {
        RegisterState held = states.get(key);
        if (held != null && !state.isNewerThan(held)) {
            return;
        }
        write();
        states.put(key, state);
    }

    private void write() {
        if (offline || failing.getAsBoolean()) {
            throw new RegisterUnavailableException("the fake disk failed", null);
        }
    }

    @Override
    public synchronized void requireWritable() {
        if (offline) {
            throw new RegisterUnavailableException("the fake disk is offline", null);
        }
    }

    public synchronized SortedMap<String, RegisterState> states() {
        return new TreeMap<>(states);
    }

    @Override
    public CompletableFuture<Void> begin(String key, RegisterState state) {
        ensure(key, state);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void await(String key, CompletableFuture<Void> written) {
        written.join();
    }

    @Override
    public synchronized SortedMap<String, RegisterState> page(String after) {
        return StatePages.next(states.tailMap(after, false).entrySet().iterator());
    }

    @Override
    public synchronized JournalOrigin origin() {
        return origin;
    }

    @Override
    public synchronized void found(SortedSet<String> founders) {
        write();
        origin = new JournalOrigin(origin.journal(), founders);
    }

    @Override
    public synchronized Standing standing() {
        return standing;
    }

    @Override
    public synchronized void stand(Standing now) {
        write();
        standing = now;
    }
}
