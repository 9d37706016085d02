package io.millrace.transaction.idempotency;

import io.millrace.broker.SimulatedTimers;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.coordinator.SimulatedInternalTopic;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One server of {@link SimulatedIdempotency}: real {@link IdempotencyKeys}. */
final class SimulatedKeyServer {
    private final SimulatedIdempotency world;
    private final int id;
    private final ArrayDeque<Runnable> heldWhilePaused = new ArrayDeque<>();
    private boolean paused;
    /** Null while it is down. */
    private Life life;

    SimulatedKeyServer(SimulatedIdempotency world, int id) {
        this.world = world;
        this.id = id;
    }

    int id() {
        return id;
    }

    boolean isUp() {
        return life != null;
    }

    boolean isPaused() {
        return paused;
    }

    void start() {
        life = new Life();
        world.restarted(id);
        life.open();
    }

    void crash() {
        life = null;
        paused = false;
        heldWhilePaused.clear();
    }

    void pause() {
        paused = true;
    }

    void resume() {
        if (paused) {
            paused = false;
            while (!heldWhilePaused.isEmpty()) {
                world.time.soon(2_000, heldWhilePaused.remove());
            }
        }
    }

    /** Another one leads the topic of the keys, or did when that was sent. */
    void learn() {
        Life now = life;
        if (now != null) {
            now.run(now.view::learn);
        }
    }

    /** A request has come; the answer goes the same way back. @param forwarded whether another server sent it */
    void ask(SimulatedIdempotency.Request request, boolean forwarded, CompletableFuture<KeyedAnswer> answer) {
        Life now = life;
        if (now == null) {
            answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "connection refused"));
        } else {
            now.run(() -> now.ask(request, forwarded, answer));
        }
    }

    /** From one start to the next crash. */
    final class Life {
        private SimulatedInternalTopic.View view;
        private IdempotencyKeys keys;

        private void open() {
            view = world.topic.new View(id);
            view.learn();
            SimulatedTimers timers = new SimulatedTimers(world.time, this::run, () -> this != life);
            keys = IdempotencyKeys.open(new IdempotencyOptions(86_400_000, 10_000, world.limits.maxUnfinished(), 10_000, 3_600_000),
                    new IdempotencyParts(view, new Unborrowed(), new CoordinatorOptions(1_000, TimeUnit.SECONDS.toNanos(10)),
                            world::nextProducerId, timers, timers, timers, new WallClock(), world.time::nanoTime));
        }

        /** Runs a task unless the server is down by then. */
        void run(Runnable task) {
            if (this == life && paused) {
                heldWhilePaused.add(() -> run(task));
            } else if (this == life) {
                task.run();
            }
        }

        void mayCrash(String when) {
            if (this == life && world.crashesNow()) {
                world.note("server " + id + " crashes " + when);
                crash();
                world.movedSoon();
            }
        }

        private void ask(SimulatedIdempotency.Request request, boolean forwarded, CompletableFuture<KeyedAnswer> answer) {
            int coordinator = keys.remoteCoordinator(request.key()).map(other -> other.brokerId()).orElse(id);
            if (coordinator != id && forwarded) {
                answer.completeExceptionally(new BrokerException(ErrorKind.NOT_COORDINATOR, "it has moved"));
            } else if (coordinator != id) {
                world.pass(request, coordinator, answer);
            } else {
                keys.produce(SimulatedList.come(world, this, request.key(), request.body(), request.partitions()))
                        .whenComplete((given, failure) -> {
                            mayCrash("before it answers");
                            run(() -> world.answer(answer, given, failure == null ? null : BrokerErrors.outcome(failure)));
                        });
            }
        }
    }

    private static final class Unborrowed implements IdempotencyParts.Preferred {
        @Override
        public boolean isBorrowed(int partition) {
            return false;
        }

        @Override
        public void giveBack(int partition) {
            throw new UnsupportedOperationException();
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
