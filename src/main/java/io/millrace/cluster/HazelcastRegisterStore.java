package io.millrace.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Registers as texts in Hazelcast's CP subsystem, each in the journal before anybody is told of it. When the journal
 * fails after the agreement changed, the new version exists but is kept back: every call that meets it first tries to
 * bring it into the journal.
 */
final class HazelcastRegisterStore implements RegisterStore {
    private static final String NAME_PREFIX = "register/";
    private static final int STRIPES = 64;

    private final CpOperations cp;
    private final RegisterJournal journal;
    private final RegisterDirectory directory;
    private final Supplier<String> changeIds;
    /**
     * By hash of the key: one change of a register at a time on this server, so that its own threads do not make
     * each other's outcome unknown. Not held while the journal is forced.
     */
    private final List<ReentrantLock> changing =
        Stream.generate(ReentrantLock::new).limit(STRIPES).toList();

    /** @param changeIds a text of digits, small letters and hyphens that no call to any member has given before */
    HazelcastRegisterStore(CpOperations cp, RegisterJournal journal, Supplier<String> changeIds) {
        this.cp = cp;
        this.journal = journal;
        this.directory = new RegisterDirectory(cp);
        this.changeIds = changeIds;
    }

    /** Brings what the journal knows into the agreement, where that knows less. */
    void restore() {
        SortedMap<String, RegisterState> states = journal.states();
        directory.add(states.keySet());
        states.forEach((key, state) -> {
            String found = cp.get(nameOf(key));
            while (isOlder(found, state) && !cp.compareAndSet(nameOf(key), found, state.encode())) {
                found = cp.get(nameOf(key));
            }
        });
    }

    @Override
    public Optional<Register> read(String key) {
        requireValid(key);
        return told(key, cp.get(nameOf(key)));
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException("register " + key + " needs a JSON value; to remove it, delete it");
        }
        return change(key, expectedVersion, value).map(state -> new Register(key, state.version(), value));
    }

    @Override
    public boolean compareAndDelete(String key, long expectedVersion) {
        return expectedVersion != ABSENT && change(key, expectedVersion, null).isPresent();
    }

    @Override
    public SortedSet<String> keys(String prefix) {
        List<String> listed = new ArrayList<>(directory.list(prefix));
        Map<String, String> texts = cp.getAll(listed.stream().map(HazelcastRegisterStore::nameOf).toList());
        listed.removeIf(key -> told(key, texts.get(nameOf(key))).isEmpty());
        return new TreeSet<>(listed);
    }

    @Override
    public AutoCloseable subscribe(Consumer<String> changedKey) {
        return cp.listen(changedKey);
    }

    private Optional<RegisterState> change(String key, long expectedVersion, String value) {
        requireValid(key);
        journal.requireWritable();
        Attempt attempt;
        ReentrantLock lock = changing.get(Math.floorMod(key.hashCode(), STRIPES));
        lock.lock();
        try {
            attempt = attempt(key, expectedVersion, value);
        } finally {
            lock.unlock();
        }
        if (attempt.stands() != null) {
            journal.ensure(key, attempt.stands());
        }
        if (!attempt.won()) {
            return Optional.empty();
        }
        cp.ring(key);
        return Optional.of(attempt.stands());
    }

    /** @param stands the register as it is after the attempt; null when it never was */
    private record Attempt(boolean won, RegisterState stands) {
    }

    private Attempt attempt(String key, long expectedVersion, String value) {
        String found = cp.get(nameOf(key));
        RegisterState current = decode(key, found);
        boolean exists = current != null && current.exists();
        if (exists ? current.version() != expectedVersion : expectedVersion != ABSENT) {
            return new Attempt(false, current);
        }
        if (current == null) {
            directory.add(List.of(key));
        }
        long version = current == null ? 1 : current.version() + 1;
        RegisterState wanted = new RegisterState(version, changeIds.get(), value);
        RegisterUnavailableException failure = null;
        try {
            if (cp.compareAndSet(nameOf(key), found, wanted.encode())) {
                return new Attempt(true, wanted);
            }
        } catch (RegisterUnavailableException e) {
            failure = e;
        }
        return lookAgain(key, current, wanted, failure);
    }

    /**
     * A compare-and-set that answered false or not at all may have been carried out. It was if its own text stands; it
     * never will be if a rival's text of the same version stands; else nobody can tell.
     */
    private Attempt lookAgain(String key, RegisterState before, RegisterState wanted,
                              RegisterUnavailableException failure) {
        RegisterState stands = decode(key, cp.get(nameOf(key)));
        if (wanted.equals(stands)) {
            return new Attempt(true, wanted);
        }
        if (stands != null && stands.version() == wanted.version()) {
            return new Attempt(false, stands);
        }
        boolean unchanged = Objects.equals(before, stands);
        throw new RegisterUnavailableException("whether version " + wanted.version() + " of register " + key
            + " was set is not known: " + (unchanged ? "it may still be" : "a later version stands")
            + "; read it again before deciding", failure);
    }

    /** What may be told about a register: it is in the journal then, its deletion too. */
    private Optional<Register> told(String key, String text) {
        RegisterState state = decode(key, text);
        if (state == null) {
            return Optional.empty();
        }
        journal.ensure(key, state);
        return state.exists() ? Optional.of(new Register(key, state.version(), state.value())) : Optional.empty();
    }

    private static boolean isOlder(String found, RegisterState state) {
        return found == null || RegisterState.decode(found).version() < state.version();
    }

    private static RegisterState decode(String key, String text) {
        try {
            return text == null ? null : RegisterState.decode(text);
        } catch (IllegalArgumentException e) {
            throw new RegisterUnavailableException("register " + key + " holds what this version of Millrace did not"
                + " write", e);
        }
    }

    private static String nameOf(String key) {
        return NAME_PREFIX + key;
    }

    private static void requireValid(String key) {
        if (key.isEmpty() || key.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the key of a register must have at least one character, and no"
                + " control characters");
        }
    }
}
