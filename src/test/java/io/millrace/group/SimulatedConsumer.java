package io.millrace.group;

import io.millrace.broker.BrokerException;
import io.millrace.broker.ErrorKind;
import io.millrace.broker.FetchAllResult;
import io.millrace.broker.TopicPartition;
import io.millrace.group.SimulatedGroups.Weather;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A consumer as an application runs it, on any server: creates itself, subscribes, polls, processes, commits, polls. It
 * processes what it was given before it commits that, or polls again. When a request fails it asks another server.
 */
final class SimulatedConsumer {
    private enum Commits { AUTOMATIC, POLLED, OFFSETS }

    private static final int PATIENCE_MS = 8_000;

    private final SimulatedGroups world;
    private final String name;
    private final Commits commits;
    private final ConsumerConfig config;
    /** Whether it says which polls it got. */
    private final boolean says;
    private final boolean byPattern;
    private int entry;
    private boolean there = true;
    private boolean paused;
    private boolean leaving;
    private Runnable goOn;
    private long received; // 0: none yet
    private int epoch;

    /** @param instanceId of a static one, or null */
    SimulatedConsumer(SimulatedGroups world, String name, String instanceId) {
        this.world = world;
        this.name = name;
        this.commits = Commits.values()[world.random.nextInt(3)];
        this.says = world.weather == Weather.STORM || world.random.nextInt(3) == 0;
        this.byPattern = world.random.nextInt(3) == 0;
        this.entry = 1 + world.random.nextInt(world.servers.size());
        this.config = new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, commits == Commits.AUTOMATIC, false, 1,
                30_000, 500, 2_000 + world.random.nextInt(8_000), instanceId,
                world.random.nextInt(4) == 0 ? "range" : null);
    }

    boolean isThere() {
        return there;
    }

    void start() {
        world.note(name + " comes, " + commits + " session " + config.sessionTimeoutMs());
        create();
    }

    void crash() {
        world.note(name + " crashes");
        there = false;
        if (config.isStatic()) {
            world.time.after(world.random.nextInt(12_000), () -> world.consumer(config.instanceId()));
        }
    }

    void pause() {
        if (!paused) {
            world.note(name + " pauses");
            paused = true;
            world.time.after(world.random.nextInt(20_000), () -> {
                world.note(name + " goes on");
                paused = false;
                Runnable next = goOn;
                goOn = null;
                if (next != null) {
                    next.run();
                }
            });
        }
    }

    /** Once what it is about is done: nobody deletes a consumer that is in the middle of a poll. */
    void leave() {
        world.note(name + " is to leave");
        leaving = true;
    }

    void stay() {
        leaving = false;
    }

    private void then(int delayMs, Runnable next) {
        world.time.after(delayMs, () -> {
            if (!there) {
                return;
            }
            if (paused) {
                goOn = next;
            } else {
                next.run();
            }
        });
    }

    private <T> void call(SimulatedCoordinator.Call<T> call, Consumer<T> done, Consumer<BrokerException> failed) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        int loss = world.weather == Weather.STORM && !world.isSettling() ? 3 : 0;
        Long said = says ? received : null;
        CompletableFuture<T> atClient = new CompletableFuture<>();
        int delay = loss > 0 && world.random.nextInt(30) == 0 ? 12_000 : 2;
        if (world.random.nextInt(100) >= loss) {
            SimulatedCoordinator server = world.servers.get(entry - 1);
            world.time.soon(delay * 1000L, () -> server.serve(name, said, call, answer));
        }
        answer.whenComplete((result, failure) -> {
            if (world.random.nextInt(100) < loss) {
                return; // the answer gets lost
            }
            if (failure == null) {
                atClient.complete(result);
            } else {
                atClient.completeExceptionally(failure);
            }
        });
        world.time.after(PATIENCE_MS, () -> {
            BrokerException late = new BrokerException(ErrorKind.UNAVAILABLE, "no answer");
            answer.completeExceptionally(late);
            atClient.completeExceptionally(late);
        });
        atClient.whenComplete((result, failure) -> {
            if (!there) {
                return;
            }
            if (failure == null) {
                if (paused) {
                    goOn = () -> done.accept(result);
                } else {
                    done.accept(result);
                }
            } else {
                Throwable cause = failure.getCause() == null || failure instanceof BrokerException ? failure : failure.getCause();
                if (!(cause instanceof BrokerException known)) {
                    throw new AssertionError("an unexpected failure", cause);
                }
                if (known.kind() == ErrorKind.UNAVAILABLE || known.kind() == ErrorKind.NOT_COORDINATOR) {
                    entry = 1 + world.random.nextInt(world.servers.size());
                }
                then(50 + world.random.nextInt(500), () -> failed.accept(known));
            }
        });
    }

    private void create() {
        call((groups, source) -> groups.create(SimulatedGroups.GROUP, name, config), created -> subscribe(),
                failure -> {
                    if (failure.kind() == ErrorKind.CONSUMER_EXISTS) {
                        subscribe(); // the first answer got lost
                    } else {
                        create();
                    }
                });
    }

    private void subscribe() {
        call((groups, source) -> groups.subscribe(SimulatedGroups.GROUP, name,
                byPattern
                ? new Subscription.Matching(Subscription.TopicPattern.of("ord.*"))
                : new Subscription.Topics(new TreeSet<>(List.of(SimulatedGroups.TOPIC))), source), done -> poll(),
                this::again);
    }

    private void again(BrokerException failure) {
        if (failure.kind() == ErrorKind.UNKNOWN_CONSUMER) {
            create();
        } else {
            subscribe();
        }
    }

    private void poll() {
        if (leaving) {
            depart();
            return;
        }
        call((groups, source) -> groups.poll(SimulatedGroups.GROUP, name, new PollRequest(null, 1 << 20,
                world.random.nextInt(3_000), source)), this::given, failure -> {
                    if (failure.kind() == ErrorKind.UNKNOWN_CONSUMER) {
                        create();
                    } else {
                        poll();
                    }
                });
    }

    static Map<TopicPartition, Long> next(Polled polled) {
        Map<TopicPartition, Long> next = new HashMap<>();
        for (FetchAllResult.Part part : polled.parts()) {
            next.put(part.id(), part.result().nextOffset());
        }
        return next;
    }

    private void given(Polled polled) {
        epoch = polled.memberEpoch();
        if (polled.parts().isEmpty()) {
            then(1, this::poll);
            return;
        }
        received = polled.number();
        world.note(name + " got poll " + received);
        int work = world.random.nextInt(world.random.nextInt(30) == 0 ? 12_000 : 200);
        then(world.weather == Weather.CALM ? Math.min(work, 500) : work, () -> {
            for (FetchAllResult.Part part : polled.parts()) {
                for (long offset = part.result().offset(); offset < part.result().nextOffset(); offset++) {
                    world.process(part.id(), offset);
                }
            }
            switch (commits) {
                case AUTOMATIC -> poll();
                case POLLED -> commit((groups, source) -> groups.commitPolled(SimulatedGroups.GROUP, name, Groups.ANY_EPOCH,
                        source), Map.of(), 0);
                case OFFSETS -> {
                    Map<TopicPartition, Long> offsets = new TreeMap<>(next(polled));
                    int inEpoch = world.random.nextBoolean() ? epoch : Groups.ANY_EPOCH;
                    commit((groups, source) -> groups.commit(SimulatedGroups.GROUP, name, offsets, inEpoch), offsets,
                            0);
                }
                default -> throw new AssertionError(commits);
            }
        });
    }

    private void commit(SimulatedCoordinator.Call<Void> call, Map<TopicPartition, Long> offsets, int tries) {
        call(call, done -> {
            world.acknowledged(offsets);
            poll();
        }, failure -> {
            boolean passing = failure.kind() == ErrorKind.UNAVAILABLE || failure.kind() == ErrorKind.NOT_COORDINATOR;
            if (passing && tries < 5) {
                commit(call, offsets, tries + 1);
            } else if (failure.kind() == ErrorKind.UNKNOWN_CONSUMER) {
                create();
            } else {
                poll();
            }
        });
    }

    private void depart() {
        world.note(name + " leaves, having got " + received);
        call((groups, source) -> groups.leave(SimulatedGroups.GROUP, name, source), gone -> there = false, failure -> {
            if (failure.kind() == ErrorKind.UNKNOWN_CONSUMER) {
                there = false;
            } else {
                depart();
            }
        });
    }
}
