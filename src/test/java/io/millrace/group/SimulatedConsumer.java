package io.millrace.group;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.SimulatedGroups.Weather;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A consumer as an application runs it, on any server: creates itself, subscribes, polls, processes, commits, polls. It
 * processes what it was given before it commits that, or polls again. When a request fails it asks another server.
 */
final class SimulatedConsumer {
    private enum Commits { AUTOMATIC, POLLED, OFFSETS, TRANSACTION }

    private static final int PATIENCE_MS = 8_000;

    private final GroupWorld world;
    private final String name;
    private final Commits commits;
    private final ConsumerConfig config;
    /** Whether it says which polls it got. */
    private final boolean says;
    private final boolean byPattern;
    /** In whose transactions it commits, in the next epoch each time; null: in none. */
    private TransactionalProducer producer;
    private ConsumerId id;
    private int entry;
    private boolean there = true;
    private boolean paused;
    private boolean leaving;
    private Runnable goOn;
    private long received; // 0: none yet
    /** In which all that it has was given; ANY_EPOCH when that were several. */
    private int epoch;

    /** @param instanceId of a static one, or null */
    SimulatedConsumer(GroupWorld world, String name, String instanceId) {
        this.world = world;
        this.name = name;
        this.commits = world.transactions() != null ? Commits.TRANSACTION : Commits.values()[world.random().nextInt(3)];
        this.producer = world.transactions() == null ? null : world.transactions().begin(name);
        this.says = world.weather() == Weather.STORM || world.random().nextInt(3) == 0;
        this.byPattern = world.random().nextInt(3) == 0;
        this.entry = 1 + world.random().nextInt(world.servers());
        this.config = new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, commits == Commits.AUTOMATIC,
                IsolationLevel.READ_UNCOMMITTED, 1, 30_000, 500, 2_000 + world.random().nextInt(8_000), instanceId,
                world.random().nextInt(4) == 0 ? "range" : null);
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
            world.time().after(world.random().nextInt(12_000), () -> world.consumers().come(config.instanceId()));
        }
    }

    void pause() {
        if (!paused) {
            world.note(name + " pauses");
            paused = true;
            world.time().after(world.random().nextInt(20_000), () -> {
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
        world.time().after(delayMs, () -> {
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

    private <T> void call(SimulatedEntry.Call<T> call, Consumer<T> done, Consumer<BrokerException> failed) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        int loss = world.weather() == Weather.STORM && !world.isSettling() ? 3 : 0;
        Long said = says ? received : null;
        CompletableFuture<T> atClient = new CompletableFuture<>();
        int delay = loss > 0 && world.random().nextInt(30) == 0 ? 12_000 : 2;
        if (world.random().nextInt(100) >= loss) {
            int server = entry;
            world.time().soon(delay * 1000L, () -> world.ask(server, name, said, call, answer));
        }
        answer.whenComplete((result, failure) -> {
            if (world.random().nextInt(100) < loss) {
                return; // the answer gets lost
            }
            if (failure == null) {
                atClient.complete(result);
            } else {
                atClient.completeExceptionally(failure);
            }
        });
        world.time().after(PATIENCE_MS, () -> {
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
                    world.promises().broken(new AssertionError("an unexpected failure", cause));
                    return;
                }
                if (known.kind() == ErrorKind.UNAVAILABLE || known.kind() == ErrorKind.NOT_COORDINATOR) {
                    entry = 1 + world.random().nextInt(world.servers());
                }
                then(50 + world.random().nextInt(500), () -> failed.accept(known));
            }
        });
    }

    private void create() {
        call((groups, source) -> groups.create(GroupWorld.GROUP, name, config), created -> {
                    id = created;
                    subscribe();
                },
                failure -> {
                    if (failure.kind() == ErrorKind.CONSUMER_EXISTS) {
                        id = ConsumerId.of(name);
                        subscribe(); // the first answer got lost
                    } else {
                        create();
                    }
                });
    }

    private void subscribe() {
        call((groups, source) -> groups.subscribe(GroupWorld.GROUP, id,
                byPattern
                ? new Subscription.Matching(Subscription.TopicPattern.of(world.topic().substring(0, 3) + ".*"))
                : new Subscription.Topics(new TreeSet<>(List.of(world.topic()))), source), done -> poll(),
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
        List<Polled> came = new ArrayList<>();
        // One that says which poll it got cannot speak for two; and with automatic commits each poll says that all is processed.
        int[] missing = {!says && commits != Commits.AUTOMATIC && commits != Commits.TRANSACTION && world.random().nextInt(6) == 0 ? 2 + world.random().nextInt(2) : 1};
        for (int i = missing[0]; i > 0; i--) {
            call((groups, source) -> groups.poll(GroupWorld.GROUP, id, new PollRequest(null, world.pollBytes(),
                    world.random().nextInt(3_000), source)), polled -> {
                        came.add(polled);
                        if (--missing[0] == 0) {
                            given(came);
                        }
                    }, failure -> {
                        if (--missing[0] > 0) {
                            return;
                        } else if (!came.isEmpty()) {
                            given(came);
                        } else if (failure.kind() == ErrorKind.UNKNOWN_CONSUMER) {
                            create();
                        } else {
                            poll();
                        }
                    });
            if (world.random().nextBoolean()) {
                entry = 1 + world.random().nextInt(world.servers());
            }
        }
    }

    static Map<TopicPartition, Long> next(Polled polled) {
        Map<TopicPartition, Long> next = new HashMap<>();
        for (FetchAllResult.Part part : polled.parts()) {
            next.put(part.id(), part.result().nextOffset());
        }
        return next;
    }

    /** @param came the answers to all polls that it had at once */
    private void given(List<Polled> came) {
        came.sort(Comparator.comparingLong(Polled::number));
        List<FetchAllResult.Part> parts = came.stream().flatMap(polled -> polled.parts().stream()).toList();
        if (parts.isEmpty()) {
            then(1, this::poll);
            return;
        }
        // of those that gave something: one that was ended with nothing may have been so in an earlier epoch
        IntSummaryStatistics epochs = came.stream().filter(polled -> !polled.parts().isEmpty()).mapToInt(Polled::memberEpoch)
                .summaryStatistics();
        epoch = mayBeLate() || epochs.getMin() == epochs.getMax() ? epochs.getMin() : Groups.ANY_EPOCH;
        received = came.stream().filter(polled -> !polled.parts().isEmpty()).mapToLong(Polled::number).max().orElseThrow();
        world.note(name + " got poll " + received);
        int work = world.random().nextInt(world.random().nextInt(30) == 0 ? 12_000 : 200);
        then(world.weather() == Weather.CALM ? Math.min(work, 500) : work, () -> {
            for (FetchAllResult.Part part : parts) {
                for (long offset = part.result().offset(); offset < part.result().nextOffset(); offset++) {
                    world.promises().process(world.id(part), offset);
                }
            }
            if (commits != Commits.TRANSACTION && world.random().nextInt(25) == 0 && !world.isSettling()) { // or it might never get to the end
                seekBack(parts.get(0), came.size() == 1);
                return;
            }
            switch (commits) {
                case AUTOMATIC -> poll();
                case POLLED -> commit((groups, source) -> groups.commitPolled(GroupWorld.GROUP, id, Groups.ANY_EPOCH,
                        source), Map.of(), 0);
                case OFFSETS -> {
                    Map<TopicPartition, Long> offsets = new TreeMap<>();
                    Map<TopicIdPartition, Long> meant = new TreeMap<>();
                    ofTheLastTopic(parts).forEach(part -> {
                        offsets.put(part.id(), part.result().nextOffset());
                        meant.keySet().removeIf(each -> each.partition().equals(part.id()));
                        meant.put(world.id(part), part.result().nextOffset());
                    });
                    int inEpoch = world.random().nextBoolean() || mayBeLate() ? epoch : Groups.ANY_EPOCH;
                    commit((groups, source) -> groups.commit(GroupWorld.GROUP, id, GroupHarness.plain(offsets), inEpoch), meant,
                            0);
                }
                case TRANSACTION -> transact(ofTheLastTopic(parts), 0);
                default -> throw new AssertionError(commits);
            }
        });
    }

    // ---- transactions

    /** What it made of these records, and how far it has come with them, is committed together or not at all. */
    private void transact(List<FetchAllResult.Part> parts, int tries) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new TreeMap<>();
        Map<TopicIdPartition, SimulatedTransactions.Range> outputs = new TreeMap<>();
        parts.forEach(part -> {
            offsets.put(part.id(), new OffsetAndMetadata(part.result().nextOffset(), ""));
            outputs.put(world.id(part), new SimulatedTransactions.Range(part.result().offset(), part.result().nextOffset()));
        });
        TransactionalProducer in = producer;
        int inEpoch = world.random().nextBoolean() || mayBeLate() ? epoch : Groups.ANY_EPOCH;
        call((groups, source) -> groups.commitInTransaction(GroupWorld.GROUP, id, inEpoch, in, offsets), done ->
                then(world.random().nextInt(world.random().nextInt(10) == 0 ? 14_000 : 100), () ->
                        end(world.isSettling() || world.random().nextInt(8) > 0, outputs)), failure -> {
            boolean passing = failure.kind() == ErrorKind.UNAVAILABLE || failure.kind() == ErrorKind.NOT_COORDINATOR
                    || failure.kind() == ErrorKind.CONCURRENT_TRANSACTIONS;
            if (passing && tries < 5) {
                transact(parts, tries + 1);
            } else {
                end(false, Map.of());
            }
        });
    }

    /** After an abort another one goes on in its place, from what is committed. */
    private void end(boolean commit, Map<TopicIdPartition, SimulatedTransactions.Range> outputs) {
        if (world.transactions().end(producer.id(), producer.epoch(), commit, outputs) && commit) {
            producer = new TransactionalProducer(producer.transactionalId(), producer.id(), (short) (producer.epoch() + 1));
            poll();
        } else {
            replaced();
        }
    }

    private void replaced() {
        Runnable next = () -> {
            there = false;
            world.consumers().come(config.instanceId());
        };
        call((groups, source) -> groups.leave(GroupWorld.GROUP, id, source), gone -> next.run(), failure -> {
            if (failure.kind() == ErrorKind.UNKNOWN_CONSUMER) {
                next.run();
            } else {
                replaced();
            }
        });
    }

    /** What several polls at once gave of a topic that was created anew between them cannot be told from the new one's by its name. */
    private List<FetchAllResult.Part> ofTheLastTopic(List<FetchAllResult.Part> parts) {
        UUID last = world.id(parts.get(parts.size() - 1)).topicId();
        return parts.stream().filter(part -> world.id(part).topicId().equals(last)).toList();
    }

    /**
     * Reads something again. A late seek to an offset cannot be told from one in a later topic of the same name.
     *
     * @param sure that it was last given records of this very topic
     */
    private void seekBack(FetchAllResult.Part part, boolean sure) {
        world.note(name + " seeks back in " + part.id());
        world.promises().replayed(List.of(part.id()));
        long to = Math.max(0, part.result().offset() - world.random().nextInt(4));
        Consumer<BrokerException> failed = failure -> {
            if (failure.kind() == ErrorKind.UNKNOWN_CONSUMER) {
                create();
            } else {
                poll();
            }
        };
        if (sure && !mayBeLate() && world.random().nextBoolean()) {
            call((groups, source) -> groups.seek(GroupWorld.GROUP, id, Map.of(part.id(), to)), done -> poll(), failed);
        } else {
            call((groups, source) -> groups.seekTo(GroupWorld.GROUP, id, List.of(part.id()), OffsetReset.EARLIEST),
                    done -> poll(), failed);
        }
    }

    /** Whether only the epoch tells a commit from one in a later topic of the same name. */
    private boolean mayBeLate() {
        return world.weather() == Weather.STORM;
    }

    private void commit(SimulatedEntry.Call<Void> call, Map<TopicIdPartition, Long> offsets, int tries) {
        call(call, done -> {
            world.promises().acknowledged(offsets);
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
        call((groups, source) -> groups.leave(GroupWorld.GROUP, id, source), gone -> there = false, failure -> {
            if (failure.kind() == ErrorKind.UNKNOWN_CONSUMER) {
                there = false;
            } else {
                depart();
            }
        });
    }
}
