package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.broker.SimulatedTimers;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.group.offsets.GroupLog;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One server of {@link SimulatedGroups}: a real {@link Groups} behind its {@link SimulatedEntry}. */
final class SimulatedCoordinator {
    private final SimulatedGroups world;
    private final int id;
    private final ArrayDeque<Runnable> heldWhilePaused = new ArrayDeque<>();
    private final GroupLog log;
    private Member self;
    private int run;
    private boolean paused;
    private int coordinator;
    private SimulatedOffsetsTopic.View view;
    private SimulatedEntry entry;

    SimulatedCoordinator(SimulatedGroups world, int id) {
        this.world = world;
        this.id = id;
        this.log = world.log.seenLate(world.weather == SimulatedGroups.Weather.CALM ? 300 : 3_000);
    }

    int id() {
        return id;
    }

    boolean isUp() {
        return entry != null;
    }

    boolean isPaused() {
        return paused;
    }

    void start() {
        int mine = ++run;
        self = new Member(id, "session-" + id + "-" + run, "http://" + id, null);
        world.restarted(id);
        coordinator = world.coordinator();
        view = world.offsets.new View(id);
        view.learn();
        SimulatedTimers timers = new SimulatedTimers(world.time, task -> guarded(mine, task), () -> mine != run);
        SimulatedEntry opened = new SimulatedEntry(new Host(), world.time);
        opened.serve(Groups.open(new GroupOptions("sticky", 100, 1_000, 3_600_000, 600_000, 30_000, 1_000), new GroupParts(view,
                new CoordinatorOptions(1_000, TimeUnit.SECONDS.toNanos(10)), new InMemoryRegisterStore(), log, new Others(),
                (by, group, consumer, answer) -> opened.wasWritten(by.brokerId(), consumer, answer.number()),
                other -> CompletableFuture.completedFuture(List.of()), timers, timers, timers, timers, new WallClock(), world.time::nanoTime,
                new FreshNames(() -> "never", world::incarnation))));
        opened.groups().verifyTransactionsWith((transactionalId, producer, epoch, partition) ->
                world.transactions.verify(producer, epoch));
        entry = opened;
    }

    void crash() {
        run++;
        entry = null;
        paused = false;
        heldWhilePaused.clear();
    }

    void pause() {
        paused = true;
    }

    void resume() {
        if (paused) {
            paused = false;
            world.note("server " + id + " goes on");
            while (!heldWhilePaused.isEmpty()) {
                world.time.soon(2000, heldWhilePaused.remove());
            }
        }
    }

    void heal() {
        if (!isUp()) {
            start();
        }
        resume();
    }

    /** Another one leads the offsets topic, or did when that was sent. */
    void learn() {
        if (isUp()) {
            guarded(run, () -> {
                coordinator = world.coordinator();
                view.learn();
            });
        }
    }

    private void guarded(int of, Runnable task) {
        if (of == run) {
            if (paused) {
                heldWhilePaused.add(() -> guarded(of, task));
            } else {
                task.run();
            }
        }
    }

    /** Asks it something, if it is up and when it goes on; of what is asked for nobody is told else. */
    void run(Consumer<Groups> what) {
        if (isUp()) {
            SimulatedEntry asked = entry;
            guarded(run, () -> what.accept(asked.groups()));
        }
    }

    /** Null while it is down. */
    SimulatedEntry entry() {
        return entry;
    }

    private final class Host implements SimulatedEntry.Host {
        private final int of = run;

        @Override
        public int id() {
            return id;
        }

        @Override
        public int coordinator() {
            return coordinator;
        }

        @Override
        public void run(Runnable task) {
            guarded(of, task);
        }

        @Override
        public void send(int to, Runnable message) {
            world.time.soon(2000, message);
        }

        @Override
        public SimulatedEntry at(int server) {
            return world.servers.get(server - 1).entry;
        }

        @Override
        public boolean trustsDeliveries() {
            return world.bug == SimulatedGroups.PlantedBug.TRUSTING_DELIVERIES;
        }

        @Override
        public void gave() {
            world.promises.gave(id, world.offsets.leader());
        }

        @Override
        public void note(String what) {
            world.note(what);
        }
    }

    private final class Others implements Coordination {
        @Override
        public Member self() {
            return self;
        }

        @Override
        public boolean isInUse() {
            return true;
        }

        @Override
        public boolean isBorrowed(int partition) {
            return world.isBorrowed(id);
        }

        @Override
        public void giveBack(int partition) {
            world.giveBack(id);
        }

        @Override
        public Collection<Member> others() {
            return List.of();
        }

        @Override
        public Optional<Member> member(int brokerId) {
            return Optional.ofNullable(world.servers.get(brokerId - 1).self);
        }
    }

    private final class WallClock extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(1_000_000_000_000L + world.time.nanoTime() / 1_000_000);
        }
    }
}
