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
import io.millrace.agreement.journal.Standing;
import io.millrace.agreement.registers.ActiveIncarnation;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.FakeCp;
import io.millrace.agreement.registers.HazelcastRegisterStore;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterJournal;
import io.millrace.agreement.registers.RegisterState;
import io.millrace.agreement.registers.RegisterStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Brokers over journals in memory, from a seed. The CP subsystem is lost again and again, while a minority goes on with
 * the old group; brokers are out of reach, their disks fail and are lost; and between any two steps of whoever restores
 * or writes, he stops or others act. What was acknowledged stays, and is acknowledged once. One long file, so that what may
 * happen stands beside what must hold then.
 */
final class SimulatedAgreement {
    private static final int DEPTH = 3;
    private static final List<String> KEYS = List.of("a", "b");

    /** What the checks must find. */
    enum PlantedBug {
        NONE,
        /** A version counts as durable when a majority holds it, or a newer one of whatever incarnation; and is served. */
        DURABLE_ACROSS_INCARNATIONS,
        /** A journal that was started anew takes incarnations below the one it had promised. */
        FORGOTTEN_PROMISES,
        /** A journal in the place of a lost one joins whatever it finds. */
        BLIND_NEWCOMERS,
        /** Whatever majority is there is restored from, whoever of it lost his disk. */
        LOST_DISKS_TAKEN_FOR_EMPTY
    }

    /** The one who acts stops here. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private final class Broker {
        private final int id;
        private FakeJournal journal = new FakeJournal();
        private JournalGuard guard = new JournalGuard(journal);
        private FakeCp group = newest;
        private RegisterStore store;
        private boolean reachable = true;
        private boolean failing;
        private boolean cutOff;
        private int run;

        private Broker(int id) {
            this.id = id;
        }

        private String session() {
            return "s" + id + "-" + run;
        }

        private void start() {
            run++;
            if (bug == PlantedBug.FORGOTTEN_PROMISES) {
                Standing held = guard.standing();
                journal.failing(() -> false);
                journal.stand(new Standing(0, "", held.active()));
            }
            journal.failing(() -> failing);
            CpOperations cp = new Cp(this);
            boolean across = bug == PlantedBug.DURABLE_ACROSS_INCARNATIONS;
            MajorityJournal journals = new MajorityJournal(journal, guard, new Peers(this), majority, 0);
            store = new HazelcastRegisterStore(cp,
                new ActiveIncarnation(cp, () -> true, () -> across ? 0 : guard.standing().promise()),
                across ? new AcrossIncarnations(journals) : journals, () -> "b" + id + "-" + ++changes);
        }

        private void loseDisk() {
            journal = new FakeJournal();
            guard = new JournalGuard(journal);
            wipes++;
            start();
        }

        private JournalPoll poll() {
            return new JournalPoll(guard, id, new Peers(this));
        }

        private boolean reaches(Broker other) {
            return reachable && other.reachable && cutOff == other.cutOff;
        }
    }

    /** The agreement as one run of a broker sees it: whoever asks may stop before and after each call. */
    private final class Cp implements CpOperations {
        private final Broker broker;
        private final int run;

        private Cp(Broker broker) {
            this.broker = broker;
            this.run = broker.run;
        }

        @Override
        public String get(String name) {
            interrupt(broker, run);
            return broker.group.get(name);
        }

        @Override
        public Map<String, String> getAll(Collection<String> names) {
            interrupt(broker, run);
            return broker.group.getAll(names);
        }

        @Override
        public boolean compareAndSet(String name, String expected, String value) {
            interrupt(broker, run);
            FakeCp group = broker.group;
            boolean set = group.compareAndSet(name, expected, value);
            Incarnation now = name.equals(Incarnation.NAME) ? Incarnation.decode(value) : null;
            if (set && now != null && now.active()) {
                assertThat(activeIn.putIfAbsent(now.number(), group) == null)
                    .as("incarnation %d became active once, not in two CP groups", now.number()).isTrue();
                restores++;
            }
            interrupt(broker, run);
            return set;
        }

        @Override
        public void ring(String key) {
            broker.group.ring(key);
        }

        @Override
        public AutoCloseable listen(Consumer<String> listener) {
            return broker.group.listen(listener);
        }
    }

    private final class Peers implements JournalPeers {
        private final Broker self;
        private final int run;

        private Peers(Broker self) {
            this.self = self;
            this.run = self.run;
        }

        @Override
        public Set<Integer> reachable() {
            Set<Integer> ids = new TreeSet<>();
            brokers.stream().filter(broker -> broker != self && self.reaches(broker))
                .forEach(broker -> ids.add(broker.id));
            return ids;
        }

        @Override
        public CompletableFuture<JournalReply> ask(int brokerId, JournalRequest request) {
            interrupt(self, run);
            Broker other = brokers.get(brokerId);
            if (!self.reaches(other) || isLost()) {
                return unavailable("the request was lost");
            }
            try {
                JournalReply reply = other.guard.handle(JournalRequest.decode(request.encode()));
                return isLost() ? unavailable("the answer was lost")
                    : CompletableFuture.completedFuture(JournalReply.decode(reply.encode()));
            } catch (RegisterUnavailableException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        private boolean isLost() {
            return crashOdds > 0 && dice.nextInt(30) == 0;
        }

        private static CompletableFuture<JournalReply> unavailable(String why) {
            return CompletableFuture.failedFuture(new RegisterUnavailableException(why, null));
        }
    }

    /** Remembers what is durable without regard to incarnations. */
    private record AcrossIncarnations(RegisterJournal journals, Map<String, RegisterState> durable)
        implements RegisterJournal {
        private AcrossIncarnations(RegisterJournal journals) {
            this(journals, new HashMap<>());
        }

        @Override
        public void ensure(String key, RegisterState state) {
            RegisterState known = durable.get(key);
            if (known == null || state.isNewerThan(known)) {
                journals.ensure(key, state);
                durable.put(key, state);
            }
        }

        @Override
        public void requireWritable() {
            journals.requireWritable();
        }
    }

    private final Random dice;
    private final PlantedBug bug;
    private final Majority majority;
    private FakeCp newest = new FakeCp();
    private final List<Broker> brokers = new ArrayList<>();
    private final Map<Long, FakeCp> activeIn = new HashMap<>();
    /** By key, the newest version that was acknowledged. */
    private final Map<String, Register> acknowledged = new HashMap<>();
    private final Set<String> versions = new TreeSet<>();
    private int crashOdds = 100;
    private int depth;
    private int changes;
    private int writes;
    private int wipes;
    private int restores;
    private int behind;

    SimulatedAgreement(long seed, int size, PlantedBug bug) {
        this.dice = new Random(seed);
        this.bug = bug;
        this.majority = new Majority(size);
        for (int id = 0; id < size; id++) {
            brokers.add(new Broker(id));
        }
        brokers.forEach(Broker::start);
    }

    /** @throws AssertionError that names what was violated */
    void run(int steps) {
        for (int step = 0; step < steps; step++) {
            step();
        }
        crashOdds = 0;
        newest = new FakeCp();
        for (Broker broker : brokers) {
            broker.reachable = true;
            broker.failing = false;
            broker.cutOff = false;
            broker.group = newest;
            broker.start();
        }
        String problem = restore(brokers.get(0));
        assertThat(problem).as("what is in the way when all is well again").isNull();
        brokers.forEach(this::catchUp);
        brokers.forEach(broker -> acknowledged.forEach((key, said) -> check(said, broker.store.read(key))));
    }

    int writes() {
        return writes;
    }

    int wipes() {
        return wipes;
    }

    int restores() {
        return restores;
    }

    /** How often somebody wrote, or tried to, in a group that is not the newest one. */
    int behind() {
        return behind;
    }

    private void interrupt(Broker broker, int run) {
        if (crashOdds > 0 && depth < DEPTH && dice.nextInt(12) == 0) {
            depth++;
            step();
            depth--;
        }
        if (broker.run != run || crashOdds > 0 && dice.nextInt(crashOdds) == 0) {
            throw new Crash();
        }
    }

    private void step() {
        int outer = depth;
        Broker broker = brokers.get(dice.nextInt(brokers.size()));
        int run = broker.run;
        try {
            act(broker);
        } catch (Crash e) {
            if (broker.run == run) {
                broker.start();
            }
        } catch (RegisterUnavailableException e) {
            // It says so, and nothing was acknowledged.
        }
        depth = outer;
    }

    private void act(Broker broker) {
        switch (dice.nextInt(24)) {
            case 0 -> loseGroup(broker);
            case 1 -> toggle(broker);
            case 2 -> cut();
            case 3 -> failDisk(broker);
            case 4 -> loseDisk(broker);
            case 5, 6 -> join(broker);
            case 7, 8, 9, 10 -> restore(broker);
            case 11, 12, 13 -> catchUp(broker);
            default -> write(broker, KEYS.get(dice.nextInt(KEYS.size())));
        }
    }

    /** Those that a broker reaches begin a new CP group, when they are a majority; the others keep the old one. */
    private void loseGroup(Broker broker) {
        List<Broker> there = brokers.stream().filter(broker::reaches).toList();
        if (dice.nextInt(3) == 0 && majority.isReachedBy(there.size())) {
            newest = new FakeCp();
            there.forEach(one -> one.group = newest);
        }
    }

    private void toggle(Broker broker) {
        broker.reachable = !broker.reachable;
        if (dice.nextBoolean() || brokers.stream().filter(one -> !one.reachable).count()
            > brokers.size() - majority.needed()) {
            brokers.forEach(one -> one.reachable = true);
        }
    }

    private void failDisk(Broker broker) {
        boolean failed = brokers.stream().anyMatch(one -> one.failing);
        brokers.forEach(one -> one.failing = false);
        broker.failing = !failed;
    }

    private void cut() {
        boolean heal = brokers.stream().anyMatch(one -> one.cutOff);
        int size = heal ? 0 : 1 + dice.nextInt(brokers.size() - majority.needed());
        brokers.forEach(one -> one.cutOff = false);
        for (int i = 0; i < size; i++) {
            brokers.get(dice.nextInt(brokers.size())).cutOff = true;
        }
    }

    /** It may come back in any group that still has members. As many witnesses stay as a restore needs. */
    private void loseDisk(Broker broker) {
        Map<Integer, JournalReply> replies = new TreeMap<>();
        JournalRequest inspect = JournalRequest.of(JournalRequest.Kind.INSPECT, 0, "");
        brokers.forEach(one -> replies.put(one.id, one.guard.handle(inspect)));
        Set<Integer> witnesses = new Census(majority, replies).witnesses();
        witnesses.remove(broker.id);
        if (dice.nextInt(4) == 0 && majority.isReachedBy(witnesses.size())) {
            broker.group = brokers.get(dice.nextInt(brokers.size())).group;
            broker.loseDisk();
        }
    }

    /** Its member is started anew, and joins what it finds: the old group too. */
    private void join(Broker broker) {
        broker.group = dice.nextInt(4) == 0 ? brokers.get(dice.nextInt(brokers.size())).group : newest;
    }

    private String restore(Broker broker) {
        Recovery recovery = new Recovery();
        Restore restore = new Restore(new Cp(broker), broker.guard, broker.poll(), majority, broker.session(),
            session -> brokers.stream().anyMatch(one -> one.session().equals(session) && one != broker
                && dice.nextInt(3) > 0), recovery);
        String problem = restore.attempt(true).problem();
        return problem != null && bug == PlantedBug.LOST_DISKS_TAKEN_FOR_EMPTY && granted(recovery)
            ? restore.attempt(true).problem() : problem;
    }

    private void catchUp(Broker broker) {
        Cp cp = new Cp(broker);
        Incarnation active = Incarnation.decode(cp.get(Incarnation.NAME));
        if (active != null && active.active() && CatchUp.isNeeded(broker.guard.standing(), active)) {
            Recovery recovery = new Recovery();
            CatchUp catchUp = new CatchUp(cp, broker.id, broker.guard, broker.poll(), majority, recovery);
            if (catchUp.attempt(active) != null && bug == PlantedBug.BLIND_NEWCOMERS && granted(recovery)) {
                catchUp.attempt(active);
            }
        }
    }

    private static boolean granted(Recovery recovery) {
        try {
            recovery.grant(recovery.asked());
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private void write(Broker broker, String key) {
        RegisterStore store = broker.store;
        Register before = acknowledged.get(key);
        int wipesBefore = wipes;
        FakeCp group = broker.group;
        String incarnation = group.get(Incarnation.NAME);
        behind += group == newest ? 0 : 1;
        Optional<Register> found = store.read(key);
        if (before != null && dice.nextInt(3) == 0) {
            store.confirm();
            if (broker.group == group && group.get(Incarnation.NAME).equals(incarnation)) {
                check(before, found);
            }
        }
        Register said = store.compareAndSet(key, found.map(Register::version).orElse(RegisterStore.ABSENT),
            "\"" + broker.id + "-" + ++changes + "\"").orElse(null);
        if (said != null) {
            acknowledge(said, wipes == wipesBefore);
        }
    }

    private void acknowledge(Register said, boolean noDiskWasLost) {
        long behindIt = brokers.stream().map(one -> one.journal.states().get(said.key())).filter(state -> state != null
            && (state.version() > said.version()
            || state.version() == said.version() && said.value().equals(state.value()))).count();
        assertThat(majority.isReachedBy((int) behindIt) || !noDiskWasLost).as("a majority of the journals stands behind"
            + " version %d of %s when it is acknowledged, not %d of %d", said.version(), said.key(), behindIt,
            brokers.size()).isTrue();
        assertThat(versions.add(said.key() + " " + said.version()))
            .as("version %d of %s is acknowledged once, not twice", said.version(), said.key()).isTrue();
        acknowledged.merge(said.key(), said, (held, now) -> now.version() > held.version() ? now : held);
        writes++;
    }

    private static void check(Register said, Optional<Register> found) {
        assertThat(found.map(Register::version).orElse(RegisterStore.ABSENT))
            .as("version %d of %s was acknowledged, and is not lost", said.version(), said.key())
            .isGreaterThanOrEqualTo(said.version());
        if (found.orElseThrow().version() == said.version()) {
            assertThat(found).as("version %d of %s stays as it was acknowledged", said.version(), said.key())
                .contains(said);
        }
    }
}
