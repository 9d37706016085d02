package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.broker.SimulatedTimers;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.offsets.GroupLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One server of {@link SimulatedGroups}: a real {@link Groups}, and what passes requests on to it. */
final class SimulatedCoordinator {
    private final SimulatedGroups world;
    private final int id;
    private final ArrayDeque<Runnable> heldWhilePaused = new ArrayDeque<>();
    /** What became of the answers that were passed on here. */
    private final Map<Long, CompletableFuture<Boolean>> written = new HashMap<>();
    private final Map<String, Long> vouched = new HashMap<>();
    /** How many requests of a consumer are being passed on here. */
    private final Map<String, Integer> passing = new HashMap<>();
    private final GroupLog log;
    private Member self;
    private int run;
    private boolean paused;
    private int coordinator;
    private SimulatedOffsetsTopic.View view;
    private Groups groups;

    SimulatedCoordinator(SimulatedGroups world, int id) {
        this.world = world;
        this.id = id;
        this.log = world.log.seenLate(world.weather == SimulatedGroups.Weather.CALM ? 300 : 3_000);
    }

    int id() {
        return id;
    }

    boolean isUp() {
        return groups != null;
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
        groups = Groups.open(new GroupOptions("sticky", 100, 1_000, 3_600_000, 600_000, 30_000, 1_000), new GroupParts(view,
                new CoordinatorOptions(1_000, TimeUnit.SECONDS.toNanos(10)), new InMemoryRegisterStore(), log, new Others(), this::ask,
                other -> CompletableFuture.completedFuture(List.of()), timers, timers, timers, timers, new WallClock(), world.time::nanoTime,
                new FreshNames(() -> "never", world::incarnation)));
    }

    void crash() {
        run++;
        groups = null;
        paused = false;
        heldWhilePaused.clear();
        written.clear();
        vouched.clear();
        passing.clear();
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

    private CompletableFuture<Boolean> ask(Member entry, String group, String consumer, long poll) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        SimulatedCoordinator other = world.servers.get(entry.brokerId() - 1);
        world.time.soon(2000, () -> {
            if (world.bug == SimulatedGroups.PlantedBug.TRUSTING_DELIVERIES) {
                answer.complete(true);
            } else if (other.isUp() && !other.isPaused()) {
                other.tell(consumer, poll, answer);
            }
        });
        world.time.after(5_000, () -> answer.complete(false));
        return answer;
    }

    /** What became of an answer, once it is known: it may be on its way. */
    private void tell(String consumer, long poll, CompletableFuture<Boolean> answer) {
        if (written.containsKey(poll)) {
            written.get(poll).thenAccept(answer::complete);
        } else if (passing.getOrDefault(consumer, 0) == 0) {
            answer.complete(false);
        } else if (!answer.isDone()) {
            int mine = run;
            world.time.after(1, () -> guarded(mine, () -> tell(consumer, poll, answer)));
        }
    }

    /** A call of a consumer, at the server that it asked. */
    interface Call<T> {
        CompletableFuture<T> on(Groups groups, PollRequest.Source source);
    }

    /**
     * @param answer takes what came of it, or the failure
     * @param <T>    what is answered
     */
    <T> void serve(String consumer, Long received, Call<T> call, CompletableFuture<T> answer) {
        if (groups == null) {
            answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "connection refused"));
            return;
        }
        guarded(run, () -> {
            PollRequest.Source source = new PollRequest.Source(id, received, vouched.get(consumer));
            if (coordinator == id) {
                call.on(groups, source).whenComplete((result, failure) -> out(consumer, result, failure, answer));
                return;
            }
            SimulatedCoordinator other = world.servers.get(coordinator - 1);
            int mine = run;
            passing.merge(consumer, 1, Integer::sum);
            world.time.soon(2000, () -> {
                if (!other.isUp()) {
                    back(mine, consumer, null, new BrokerException(ErrorKind.UNAVAILABLE, "connection refused"), answer);
                    return;
                }
                int theirs = other.run;
                other.guarded(theirs, () -> call.on(other.groups, source).whenComplete((result, failure) -> {
                    if (!(result instanceof Polled polled)) {
                        world.time.soon(2000, () -> back(mine, consumer, result, failure, answer));
                        return;
                    }
                    world.gave(consumer, polled, other.id, id);
                    world.time.soon(1000, () -> other.guarded(theirs, () -> {
                        polled.delivered(SimulatedConsumer.next(polled));
                        world.time.soon(2000, () -> back(mine, consumer, result, failure, answer));
                        world.time.soon(2000, () -> other.guarded(theirs, () -> polled.written(true)));
                    }));
                }));
            });
        });
    }

    private <T> void back(int of, String consumer, T result, Throwable failure, CompletableFuture<T> answer) {
        guarded(of, () -> {
            passing.merge(consumer, -1, Integer::sum);
            if (result instanceof Polled polled && !polled.parts().isEmpty()) {
                boolean there = !answer.isDone();
                written.put(polled.number(), CompletableFuture.completedFuture(there));
                vouched.put(consumer, there ? polled.number() : PollRequest.Source.NONE);
            }
            complete(result, failure, answer);
        });
    }

    private <T> void out(String consumer, T result, Throwable failure, CompletableFuture<T> answer) {
        if (result instanceof Polled polled) {
            int mine = run;
            world.gave(consumer, polled, id, id);
            world.time.soon(1000, () -> guarded(mine, () -> {
                polled.delivered(SimulatedConsumer.next(polled));
                boolean there = !answer.isDone();
                complete(result, failure, answer);
                world.time.soon(1000, () -> guarded(mine, () -> polled.written(there)));
            }));
            return;
        }
        complete(result, failure, answer);
    }

    private <T> void complete(T result, Throwable failure, CompletableFuture<T> answer) {
        world.time.soon(1000, () -> {
            if (failure == null) {
                answer.complete(result);
            } else {
                answer.completeExceptionally(failure);
            }
        });
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
