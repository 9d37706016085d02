package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
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
    /** So many that a batch, which holds several, is seldom in the way of other registers. */
    private static final int STRIPES = 1024;

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
        return Optional.ofNullable(readAll(List.of(key)).get(key));
    }

    @Override
    public SortedMap<String, Register> readAll(Collection<String> keys) {
        keys.forEach(HazelcastRegisterStore::requireValid);
        if (keys.isEmpty()) {
            return new TreeMap<>();
        }
        Incarnation incarnation = active.require();
        SortedMap<String, RegisterState> states = states(incarnation, keys);
        active.requireStill(incarnation);
        journal.ensureAll(states);
        return registers(states);
    }

    @Override
    public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
        return certain(compareAndSetAll(new TreeMap<>(Map.of(key, new Change(expectedVersion, value)))));
    }

    @Override
    public Changed compareAndSetAll(SortedMap<String, Change> changes) {
        changes.forEach((key, change) -> {
            if (change.value() == null || change.value().isEmpty()) {
                throw new IllegalArgumentException("register " + key + " needs a JSON value; to remove it, delete it");
            }
        });
        return change(changes);
    }

    @Override
    public boolean compareAndDelete(String key, long expectedVersion) {
        return expectedVersion != ABSENT
            && certain(change(new TreeMap<>(Map.of(key, new Change(expectedVersion, null))))).isPresent();
    }

    /** Of one register. */
    private static Optional<Register> certain(Changed changed) {
        if (changed.unknown() != null) {
            throw changed.unknown();
        }
        return changed.set().values().stream().findFirst();
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
        SortedMap<String, RegisterState> states = states(incarnation, directory.list(prefix));
        active.requireStill(incarnation);
        journal.ensureAll(states);
        return new TreeSet<>(registers(states).keySet());
    }

    @Override
    public void confirm() {
        journal.confirm(active.require().number());
    }

    @Override
    public AutoCloseable subscribe(Consumer<String> changedKey) {
        return cp.listen(changedKey);
    }

    /** Those that are there, deleted ones among them. */
    private SortedMap<String, RegisterState> states(Incarnation incarnation, Collection<String> keys) {
        Map<String, String> texts = cp.getAll(keys.stream().map(RegisterNames::of).toList());
        SortedMap<String, RegisterState> states = new TreeMap<>();
        for (String key : keys) {
            RegisterState state = decode(incarnation, key, texts.get(RegisterNames.of(key)));
            if (state != null) {
                states.put(key, state);
            }
        }
        return states;
    }

    private static SortedMap<String, Register> registers(SortedMap<String, RegisterState> states) {
        SortedMap<String, Register> registers = new TreeMap<>();
        states.forEach((key, state) -> {
            if (state.exists()) {
                registers.put(key, new Register(key, state.version(), state.value()));
            }
        });
        return registers;
    }

    /** @param changes a value of null deletes */
    private Changed change(SortedMap<String, Change> changes) {
        changes.keySet().forEach(HazelcastRegisterStore::requireValid);
        if (changes.isEmpty()) {
            return new Changed(new TreeMap<>(), null);
        }
        journal.requireWritable();
        Incarnation incarnation = active.require();
        Attempt attempt = new Attempt(incarnation);
        List<ReentrantLock> held = locks(changes.keySet());
        held.forEach(ReentrantLock::lock);
        try {
            attempt.run(changes);
        } finally {
            held.forEach(ReentrantLock::unlock);
        }
        active.requireStill(incarnation);
        journal.ensureAll(attempt.stands);
        attempt.won.keySet().forEach(cp::ring);
        SortedMap<String, Register> set = new TreeMap<>();
        attempt.won.forEach((key, state) -> set.put(key, new Register(key, state.version(), state.value())));
        return new Changed(set, attempt.unknown);
    }

    /** In one order for all, so that nobody waits in a circle. */
    private List<ReentrantLock> locks(Collection<String> keys) {
        return keys.stream().map(key -> Math.floorMod(key.hashCode(), STRIPES)).distinct().sorted().map(changing::get).toList();
    }

    /** To change some registers, under their locks. */
    private final class Attempt {
        private final Incarnation incarnation;
        /** The registers that were changed. */
        private final SortedMap<String, RegisterState> won = new TreeMap<>();
        /** The registers as they are after the attempt, but those that never were, or are not known. */
        private final SortedMap<String, RegisterState> stands = new TreeMap<>();
        /** Of a register of which nobody can tell whether it was changed; null: there is none. */
        private RegisterUnavailableException unknown;

        private Attempt(Incarnation incarnation) {
            this.incarnation = incarnation;
        }

        private void run(SortedMap<String, Change> changes) {
            Map<String, String> found = cp.getAll(changes.keySet().stream().map(RegisterNames::of).toList());
            SortedMap<String, RegisterState> before = new TreeMap<>();
            SortedMap<String, RegisterState> wanted = new TreeMap<>();
            changes.forEach((key, change) -> {
                RegisterState current = decode(incarnation, key, found.get(RegisterNames.of(key)));
                boolean exists = current != null && current.exists();
                if (current != null) {
                    before.put(key, current);
                }
                if (exists ? current.version() == change.expectedVersion() : change.expectedVersion() == ABSENT) {
                    long version = current == null ? 1 : current.version() + 1;
                    wanted.put(key, new RegisterState(incarnation.number(), version, changeIds.get(), change.value()));
                } else if (current != null) {
                    stands.put(key, current);
                }
            });
            List<String> unlisted = wanted.keySet().stream().filter(key -> !before.containsKey(key)).toList();
            if (!unlisted.isEmpty()) {
                directory.add(unlisted);
            }
            set(found, before, wanted);
        }

        private void set(Map<String, String> found, Map<String, RegisterState> before,
                         SortedMap<String, RegisterState> wanted) {
            SortedMap<String, CpOperations.Swap> swaps = new TreeMap<>();
            wanted.forEach((key, state) -> swaps.put(RegisterNames.of(key),
                new CpOperations.Swap(found.get(RegisterNames.of(key)), state.encode())));
            CpOperations.Swapped swapped = cp.compareAndSetAll(swaps);
            SortedMap<String, RegisterState> doubtful = new TreeMap<>();
            wanted.forEach((key, state) -> {
                if (swapped.set().contains(RegisterNames.of(key))) {
                    win(key, state);
                } else {
                    doubtful.put(key, state);
                }
            });
            try {
                lookAgain(doubtful, before, swapped.silence());
            } catch (RegisterUnavailableException silence) {
                unknown = silence;
            }
        }

        private void win(String key, RegisterState state) {
            won.put(key, state);
            stands.put(key, state);
        }

        /**
         * A compare-and-set that answered false or not at all may have been carried out. It was if its own text stands; it
         * never will be if a rival's text of the same version stands; else nobody can tell.
         */
        private void lookAgain(SortedMap<String, RegisterState> doubtful, Map<String, RegisterState> before,
                               RegisterUnavailableException silence) {
            SortedMap<String, RegisterState> now = states(incarnation, doubtful.keySet());
            doubtful.forEach((key, wanted) -> {
                RegisterState state = now.get(key);
                if (wanted.equals(state)) {
                    win(key, state);
                } else if (state != null && state.version() == wanted.version()) {
                    stands.put(key, state);
                } else {
                    boolean unchanged = Objects.equals(before.get(key), state);
                    unknown = new RegisterUnavailableException("whether version " + wanted.version() + " of register " + key
                        + " was set is not known: " + (unchanged ? "it may still be" : "a later version stands")
                        + "; read it again before deciding", silence);
                }
            });
        }
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
