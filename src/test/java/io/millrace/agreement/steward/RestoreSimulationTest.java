package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Majority;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.FakeJournal;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalPeers;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import io.millrace.agreement.journal.MajorityJournal;
import io.millrace.agreement.registers.ActiveIncarnation;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.FakeCp;
import io.millrace.agreement.registers.HazelcastRegisterStore;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Three or five brokers over journals in memory, from a seed: the agreement is lost again and again, brokers are out of
 * reach, lose their disks, and between any two steps of whoever restores or writes, he stops or others act. What was
 * acknowledged stays.
 */
class RestoreSimulationTest {
    private static final int STEPS = 3_000;
    private static final int DEPTH = 3;
    private static final List<String> KEYS = List.of("a", "b", "c", "d");

    /** The one who acts stops here: a crash. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static final class Broker {
        private final int id;
        private FakeJournal journal = new FakeJournal();
        private JournalGuard guard = new JournalGuard(journal);
        private boolean reachable = true;
        private int run;

        private Broker(int id) {
            this.id = id;
        }

        private String session() {
            return "s" + id + "-" + run;
        }
    }

    /** An agreement that may stop the caller before and after each call. */
    private final class Cp implements CpOperations {
        @Override
        public String get(String name) {
            maybeCrash();
            return agreement.get(name);
        }

        @Override
        public Map<String, String> getAll(Collection<String> names) {
            maybeCrash();
            return agreement.getAll(names);
        }

        @Override
        public boolean compareAndSet(String name, String expected, String value) {
            maybeCrash();
            boolean set = agreement.compareAndSet(name, expected, value);
            maybeCrash();
            return set;
        }

        @Override
        public void ring(String key) {
            agreement.ring(key);
        }

        @Override
        public AutoCloseable listen(Consumer<String> listener) {
            return agreement.listen(listener);
        }
    }

    private final class Peers implements JournalPeers {
        private final Broker self;

        private Peers(Broker self) {
            this.self = self;
        }

        @Override
        public Set<Integer> reachable() {
            Set<Integer> ids = new TreeSet<>();
            brokers.stream().filter(broker -> broker != self && broker.reachable).forEach(broker -> ids.add(broker.id));
            return ids;
        }

        @Override
        public CompletableFuture<JournalReply> ask(int brokerId, JournalRequest request) {
            maybeCrash();
            if (!brokers.get(brokerId).reachable || dice.nextInt(30) == 0) {
                return CompletableFuture.failedFuture(new RegisterUnavailableException("out of reach", null));
            }
            JournalReply reply = brokers.get(brokerId).guard.handle(JournalRequest.decode(request.encode()));
            return dice.nextInt(30) == 0
                ? CompletableFuture.failedFuture(new RegisterUnavailableException("answer lost", null))
                : CompletableFuture.completedFuture(JournalReply.decode(reply.encode()));
        }
    }

    private final List<Broker> brokers = new ArrayList<>();
    private final FakeCp agreement = new FakeCp();
    /** By key, the newest version that was acknowledged. */
    private final Map<String, Register> acknowledged = new HashMap<>();
    private final Set<String> versions = new TreeSet<>();
    private Random dice;
    private int crashOdds;
    private int depth;
    private int changes;
    private int writes;
    private int wipes;

    private void maybeCrash() {
        if (crashOdds > 0 && depth < DEPTH && dice.nextInt(12) == 0) {
            depth++;
            step();
            depth--;
        }
        if (crashOdds > 0 && dice.nextInt(crashOdds) == 0) {
            throw new Crash();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void whatWasAcknowledgedStaysWhateverStopsBetweenAnyTwoSteps(int seed) {
        dice = new Random(seed);
        int size = seed % 2 == 0 ? 3 : 5;
        for (int id = 0; id < size; id++) {
            brokers.add(new Broker(id));
        }
        crashOdds = 100;
        for (int step = 0; step < STEPS; step++) {
            step();
        }
        crashOdds = 0;
        brokers.forEach(broker -> broker.reachable = true);
        agreement.forget();
        while (restore(brokers.get(0)).problem() != null) {
            brokers.get(0).run++;
        }
        brokers.forEach(this::catchUp);
        brokers.forEach(broker -> acknowledged.forEach((key, register) -> check(key, register,
            store(broker, size).read(key))));
        assertThat(writes).as("changes that were acknowledged").isGreaterThan(200);
        assertThat(wipes).as("journals that were wiped").isPositive();
    }

    private void step() {
        int outer = depth;
        Broker broker = brokers.get(dice.nextInt(brokers.size()));
        try {
            act(broker, brokers.size());
        } catch (Crash e) {
            broker.run++;
        } catch (RegisterUnavailableException e) {
            // It says so, and nothing was acknowledged.
        }
        depth = outer;
    }

    private void act(Broker broker, int size) {
        switch (dice.nextInt(20)) {
            case 0 -> {
                if (dice.nextInt(3) == 0) {
                    agreement.forget();
                }
            }
            case 1 -> {
                broker.reachable = !broker.reachable;
                long away = brokers.stream().filter(one -> !one.reachable).count();
                if (away > size / 2) {
                    brokers.forEach(one -> one.reachable = true);
                }
            }
            case 19 -> wipe(broker);
            case 2, 3, 4 -> {
                if (broker.reachable) {
                    restore(broker);
                }
            }
            case 5, 6 -> {
                if (broker.reachable) {
                    catchUp(broker);
                }
            }
            default -> {
                if (broker.reachable) {
                    write(broker, size, KEYS.get(dice.nextInt(KEYS.size())));
                }
            }
        }
    }

    /** A disk is replaced, while all the others are complete. */
    private void wipe(Broker broker) {
        Incarnation active = Incarnation.decode(agreement.get(Incarnation.NAME));
        if (depth == 0 && active != null && active.active()
            && brokers.stream().allMatch(one -> one.guard.standing().active() == active.number())) {
            broker.journal = new FakeJournal();
            broker.guard = new JournalGuard(broker.journal);
            broker.run++;
            wipes++;
        }
    }

    private Restore.Outcome restore(Broker broker) {
        return new Restore(new Cp(), broker.guard, new JournalPoll(broker.guard, broker.id, new Peers(broker)), new Majority(brokers.size()),
            broker.session(), session -> brokers.stream().anyMatch(one -> one.session().equals(session)
                && one != broker && dice.nextInt(3) > 0), new Recovery()).attempt(true);
    }

    private void catchUp(Broker broker) {
        CpOperations cp = new Cp();
        Incarnation active = Incarnation.decode(cp.get(Incarnation.NAME));
        if (active != null && active.active() && CatchUp.isNeeded(broker.guard.standing(), active)) {
            new CatchUp(cp, broker.guard, new JournalPoll(broker.guard, broker.id, new Peers(broker)), new Majority(brokers.size()), new Recovery()).attempt(active);
        }
    }

    private RegisterStore store(Broker broker, int size) {
        CpOperations cp = new Cp();
        return new HazelcastRegisterStore(cp, new ActiveIncarnation(cp, () -> true, () -> 0),
            new MajorityJournal(broker.journal, broker.guard, new Peers(broker), new Majority(size), 0),
            () -> "b" + broker.id + "-" + ++changes);
    }

    private void write(Broker broker, int size, String key) {
        RegisterStore store = store(broker, size);
        Register before = acknowledged.get(key);
        Optional<Register> found = store.read(key);
        if (before != null) {
            check(key, before, found);
        }
        Register said = store.compareAndSet(key, found.map(Register::version).orElse(RegisterStore.ABSENT),
            "\"" + broker.id + "-" + ++changes + "\"").orElse(null);
        if (said != null) {
            assertThat(versions.add(key + " " + said.version())).as("a version is acknowledged once").isTrue();
            acknowledged.merge(key, said, (held, now) -> now.version() > held.version() ? now : held);
            writes++;
        }
    }

    private static void check(String key, Register said, Optional<Register> found) {
        assertThat(found).as(key).isPresent();
        assertThat(found.get().version()).as("version of %s", key).isGreaterThanOrEqualTo(said.version());
        if (found.get().version() == said.version()) {
            assertThat(found.get()).isEqualTo(said);
        }
    }
}
