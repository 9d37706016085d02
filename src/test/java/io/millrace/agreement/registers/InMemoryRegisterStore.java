package io.millrace.agreement.registers;

import io.millrace.agreement.InMemoryNotes;
import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** The contract of {@link RegisterStore} without Hazelcast and without a disk, for tests. Thread-safe. */
public class InMemoryRegisterStore implements RegisterStore {
    /** @param value null: deleted, kept so that versions go on */
    private record Cell(long version, String value) {
        private boolean hasVersion(long expected) {
            return value == null ? expected == ABSENT : expected == version;
        }
    }

    private static final Cell NEVER_SET = new Cell(0, null);

    private final Map<String, Cell> cells = new ConcurrentHashMap<>();
    private final List<Consumer<String>> subscribers = new CopyOnWriteArrayList<>();
    private final InMemoryNotes notes = new InMemoryNotes();
    private volatile boolean available = true;

    /** Of the one server whose journal this is. */
    public InMemoryNotes notes() {
        return notes;
    }

    /** While false, every call fails as it does when agreement cannot be reached. */
    public void setAvailable(boolean available) {
        this.available = available;
    }

    @Override
    public Optional<Register> read(String key) {
        checkAvailable();
        Cell cell = cells.getOrDefault(key, NEVER_SET);
        return cell.value() == null ? Optional.empty() : Optional.of(new Register(key, cell.version(), cell.value()));
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        if (value == null) {
            throw new IllegalArgumentException("value of register " + key + " is null: delete the register instead");
        }
        return change(key, expectedVersion, value).map(cell -> new Register(key, cell.version(), cell.value()));
    }

    @Override
    public boolean compareAndDelete(String key, long expectedVersion) {
        return expectedVersion != ABSENT && change(key, expectedVersion, null).isPresent();
    }

    @Override
    public void announce(Collection<String> keys) {
        // there is no list of keys
    }

    @Override
    public SortedSet<String> keys(String prefix) {
        checkAvailable();
        SortedSet<String> keys = new TreeSet<>();
        cells.forEach((key, cell) -> {
            if (cell.value() != null && key.startsWith(prefix)) {
                keys.add(key);
            }
        });
        return keys;
    }

    @Override
    public void confirm() {
        checkAvailable();
    }

    @Override
    public AutoCloseable subscribe(Consumer<String> changedKey) {
        subscribers.add(changedKey);
        return () -> subscribers.remove(changedKey);
    }

    private Optional<Cell> change(String key, long expectedVersion, String value) {
        checkAvailable();
        AtomicReference<Cell> changed = new AtomicReference<>();
        cells.compute(key, (k, found) -> {
            Cell cell = found == null ? NEVER_SET : found;
            if (!cell.hasVersion(expectedVersion)) {
                return found;
            }
            changed.set(new Cell(cell.version() + 1, value));
            return changed.get();
        });
        if (changed.get() != null) {
            subscribers.forEach(subscriber -> subscriber.accept(key));
        }
        return Optional.ofNullable(changed.get());
    }

    private void checkAvailable() {
        if (!available) {
            throw new RegisterUnavailableException("registers are switched off by the test", null);
        }
    }
}
