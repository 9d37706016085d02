package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Registers as texts in Hazelcast's CP subsystem, each durable in the journals before anybody is told of it. When they
 * fail after the agreement changed, the new version exists but is kept back: every call that meets it first tries to
 * bring it into the journals.
 */
public final class HazelcastRegisterStore implements RegisterStore {
    private static final int STRIPES = 64;

    private final CpOperations cp;
    private final ActiveIncarnation active;
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
    public HazelcastRegisterStore(CpOperations cp, ActiveIncarnation active, RegisterJournal journal,
                           Supplier<String> changeIds) {
        this.cp = cp;
        this.active = active;
        this.journal = journal;
        this.directory = new RegisterDirectory(cp);
        this.changeIds = changeIds;
    }

    @Override
    public Optional<Register> read(String key) {
        requireValid(key);
        Incarnation incarnation = active.require();
        RegisterState state = decode(incarnation, key, cp.get(RegisterNames.of(key)));
        active.requireStill(incarnation);
        if (state != null) {
            journal.ensure(key, state);
        }
        return state == null || !state.exists() ? Optional.empty()
            : Optional.of(new Register(key, state.version(), state.value()));
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
    public void announce(Collection<String> keys) {
        keys.forEach(HazelcastRegisterStore::requireValid);
        active.require();
        directory.add(keys);
    }

    @Override
    public SortedSet<String> keys(String prefix) {
        Incarnation incarnation = active.require();
        SortedSet<String> listed = directory.list(prefix);
        Map<String, String> texts = cp.getAll(listed.stream().map(RegisterNames::of).toList());
        active.requireStill(incarnation);
        Map<String, RegisterState> states = new HashMap<>();
        for (String key : listed) {
            RegisterState state = decode(incarnation, key, texts.get(RegisterNames.of(key)));
            if (state != null) {
                states.put(key, state);
            }
        }
        journal.ensureAll(states);
        listed.removeIf(key -> !states.containsKey(key) || !states.get(key).exists());
        return listed;
    }

    @Override
    public void confirm() {
        journal.confirm(active.require().number());
    }

    @Override
    public AutoCloseable subscribe(Consumer<String> changedKey) {
        return cp.listen(changedKey);
    }

    private Optional<RegisterState> change(String key, long expectedVersion, String value) {
        requireValid(key);
        journal.requireWritable();
        Incarnation incarnation = active.require();
        Attempt attempt;
        ReentrantLock lock = changing.get(Math.floorMod(key.hashCode(), STRIPES));
        lock.lock();
        try {
            attempt = attempt(incarnation, key, expectedVersion, value);
        } finally {
            lock.unlock();
        }
        active.requireStill(incarnation);
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

    private Attempt attempt(Incarnation incarnation, String key, long expectedVersion, String value) {
        String found = cp.get(RegisterNames.of(key));
        RegisterState current = decode(incarnation, key, found);
        boolean exists = current != null && current.exists();
        if (exists ? current.version() != expectedVersion : expectedVersion != ABSENT) {
            return new Attempt(false, current);
        }
        if (current == null) {
            directory.add(List.of(key));
        }
        long version = current == null ? 1 : current.version() + 1;
        RegisterState wanted = new RegisterState(incarnation.number(), version, changeIds.get(), value);
        RegisterUnavailableException failure = null;
        try {
            if (cp.compareAndSet(RegisterNames.of(key), found, wanted.encode())) {
                return new Attempt(true, wanted);
            }
        } catch (RegisterUnavailableException e) {
            failure = e;
        }
        return lookAgain(incarnation, key, current, wanted, failure);
    }

    /**
     * A compare-and-set that answered false or not at all may have been carried out. It was if its own text stands; it
     * never will be if a rival's text of the same version stands; else nobody can tell.
     */
    private Attempt lookAgain(Incarnation incarnation, String key, RegisterState before,
                              RegisterState wanted, RegisterUnavailableException failure) {
        RegisterState stands = decode(incarnation, key, cp.get(RegisterNames.of(key)));
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

    /**
     * A register's state in this incarnation; null when there is none: what an earlier one left behind came too
     * late for this one, and was never acknowledged.
     */
    private static RegisterState decode(Incarnation incarnation, String key, String text) {
        RegisterState state;
        try {
            state = text == null ? null : RegisterState.decode(text);
        } catch (IllegalArgumentException e) {
            throw new RegisterUnavailableException("register " + key + " holds what this version of Millrace did not"
                + " write", e);
        }
        if (state != null && state.incarnation() > incarnation.number()) {
            throw new RegisterUnavailableException("register " + key + " is of a later incarnation: read again", null);
        }
        return state == null || state.incarnation() < incarnation.number() ? null : state;
    }

    private static void requireValid(String key) {
        if (key.isEmpty() || key.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the key of a register must have at least one character, and no"
                + " control characters");
        }
    }
}
