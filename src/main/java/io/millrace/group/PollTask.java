package io.millrace.group;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.ReadMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * One poll of one member: finds out where to read, reads, and waits when there is nothing, without a thread. It starts
 * over whenever the member's partitions change. Its fields are guarded by the group; futures are completed outside.
 */
final class PollTask {
    /** What it needs of its group; each call comes with the group's lock held, unless it says otherwise. */
    interface Host {
        GroupState state();

        GroupLog log();

        /** By the nano clock. */
        long now();

        /** Records where a group begins; not blocking. */
        CompletableFuture<GroupState> begin(String member, Map<TopicIdPartition, Long> offsets);

        /** Brings who owns what into line with the topics. */
        void settle(List<Runnable> after);

        /** Runs something with the group's lock held, and afterwards, without it, what that puts aside. */
        void locked(Consumer<List<Runnable>> action);

        /**
         * The poll is over, answered or not.
         *
         * @param gave whether the member was given records
         */
        void over(Session session, PollTask poll, boolean gave, List<Runnable> after);

        /** A number that no other poll has. */
        long nextNumber();
    }

    private enum Phase {
        /** Behind another poll of the same member, until it is known what became of its answer. */
        QUEUED,
        /** Nothing to read, or to be tried again later: the group's tick looks after it. */
        IDLE, LOOKING,
        /** The answer is being written. */
        DELIVERING, OVER
    }

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final Host host;
    private final Session session;
    private final PollRequest request;
    private final long end;
    private final CompletableFuture<Polled> answer = new CompletableFuture<>();
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private Phase phase = Phase.QUEUED;
    private boolean superseded;
    private long retryAt;
    /** Why records that are there could not be read, for want of memory; told unless they can be before the wait is over. */
    private BrokerException overloaded;
    /** Tells a result that is late from the one that is awaited. */
    private int attempt;
    private CompletableFuture<FetchAllResult> fetch;
    private List<TopicIdPartition> reading = List.of();

    /** @param end when it is to be answered, by the nano clock */
    PollTask(Host host, Session session, PollRequest request, long end) {
        this.host = host;
        this.session = session;
        this.request = request;
        this.end = end;
    }

    CompletableFuture<Polled> answer() {
        return answer;
    }

    PollRequest.Source source() {
        return request.source();
    }

    /** Completes when it is answered or failed, and what was given out is known. */
    CompletableFuture<Void> over() {
        return over;
    }

    boolean isDelivering() {
        return phase == Phase.DELIVERING;
    }

    /** Another poll of the member came: this one is answered with nothing, unless its answer is being written. */
    void supersede(List<Runnable> after) {
        superseded = true;
        if (phase != Phase.DELIVERING) {
            complete(after);
        }
    }

    /** Answers with nothing. */
    void complete(List<Runnable> after) {
        complete(new LinkedHashMap<>(), after);
    }

    private void complete(LinkedHashMap<TopicIdPartition, FetchAllResult.Part> parts, List<Runnable> after) {
        if (phase == Phase.OVER) {
            return;
        }
        giveUp(after);
        GroupMember member = host.state().member(session.member);
        int epoch = member == null ? 0 : member.epoch();
        session.toldEpoch = epoch;
        ConsumerConfig config = member == null ? ConsumerConfig.DEFAULT : member.config();
        long number = host.nextNumber();
        if (parts.isEmpty()) {
            phase = Phase.OVER;
            after.add(() -> over.complete(null));
            host.over(session, this, false, after);
            Polled nothing = Polled.nothing(number, config, epoch);
            after.add(() -> answer.complete(nothing));
            return;
        }
        phase = Phase.DELIVERING;
        session.delivering = this;
        PollDelivery delivery = new PollDelivery(session, new LastPoll(number, request.source().entry(), host.now()),
                parts.keySet());
        Polled polled = new Polled(number, config.form(), List.copyOf(parts.values()), epoch, config.maxPollRecords(),
                next -> host.locked(then -> delivered(delivery, next, then)), delivery::written);
        after.add(() -> {
            if (!answer.complete(polled)) {
                polled.abandoned();
            }
        });
    }

    void fail(Throwable failure, List<Runnable> after) {
        if (phase != Phase.OVER) {
            giveUp(after);
            phase = Phase.OVER;
            after.add(() -> over.complete(null));
            host.over(session, this, false, after);
            after.add(() -> answer.completeExceptionally(failure));
        }
    }

    private void delivered(PollDelivery delivery, Map<TopicPartition, Long> next, List<Runnable> after) {
        delivery.end(next);
        phase = Phase.OVER;
        after.add(() -> over.complete(null));
        host.over(session, this, !next.isEmpty(), after);
    }

    private void giveUp(List<Runnable> after) {
        attempt++;
        CompletableFuture<FetchAllResult> pending = fetch;
        fetch = null;
        reading = List.of();
        if (pending != null && !pending.isDone()) {
            after.add(() -> pending.cancel(false));
        }
    }

    /** What the member may read has changed: looks again, unless that changes nothing. */
    void partitionsChanged(List<Runnable> after) {
        if (phase == Phase.IDLE || phase == Phase.LOOKING && !Set.copyOf(reading).equals(Set.copyOf(readable()))) {
            start(after);
        }
    }

    /** Positions have changed: looks again. */
    void moved(List<Runnable> after) {
        if (phase == Phase.IDLE || phase == Phase.LOOKING) {
            start(after);
        }
    }

    void tick(List<Runnable> after) {
        if (phase == Phase.IDLE || phase == Phase.QUEUED) {
            if (host.now() - end >= 0) {
                endOfWait(after);
            } else if (phase == Phase.IDLE && retryAt != 0 && host.now() - retryAt >= 0) {
                start(after);
            }
        }
    }

    private List<TopicIdPartition> readable() {
        GroupState state = host.state();
        GroupMember member = state.member(session.member);
        if (member == null) {
            return List.of();
        }
        return member.target().stream().filter(member::owns).map(state::assigned)
                .filter(each -> !session.releasing.contains(each)).toList();
    }

    /** Begins, or begins again. */
    void start(List<Runnable> after) {
        if (phase == Phase.OVER || phase == Phase.DELIVERING) {
            return;
        }
        giveUp(after);
        retryAt = 0;
        GroupMember member = host.state().member(session.member);
        if (superseded || member == null) {
            complete(after);
            return;
        }
        List<TopicIdPartition> readable = readable();
        if (!readable.stream().allMatch(each -> GroupChanges.isCurrent(each, host.log().topics()))) {
            host.settle(after); // which lets this begin again
            idle(host.now() + RETRY_NANOS);
            return;
        }
        if (readable.isEmpty()) {
            idle(0);
            return;
        }
        phase = Phase.LOOKING;
        List<TopicIdPartition> unknown = readable.stream().filter(each -> !session.hasPosition(each, host.state()::committed)).toList();
        if (unknown.isEmpty()) {
            read(readable, after);
        } else if (member.config().reset() == OffsetReset.NONE) {
            fail(new BrokerException(ErrorKind.NO_OFFSET, ("no offset is committed for %s, or it is not in the log any more,"
                    + " and consumer '%s' has auto.offset.reset=none: seek first").formatted(unknown.get(0), session.member)),
                    after);
        } else {
            findBeginning(readable, unknown, member.config().reset(), after);
        }
    }

    private void idle(long retry) {
        phase = Phase.IDLE;
        retryAt = retry;
    }

    /**
     * Where nothing is committed, the group begins now: that is committed before anything is given out. Of a topic that was
     * created anew it was there from the first record.
     */
    private void findBeginning(List<TopicIdPartition> readable, List<TopicIdPartition> unknown, OffsetReset reset,
                               List<Runnable> after) {
        FetchAllRequest lookup = new FetchAllRequest(unknown.stream().map(each -> new FetchAllRequest.Part(each,
                reset == OffsetReset.EARLIEST || !session.outOfRange.contains(each) && host.state().isAnew(each)
                ? new FetchPosition.Earliest() : new FetchPosition.Latest())).toList(), 0, 0, 0);
        reading = readable;
        send(lookup, unknown, after, (result, then) -> found(result, readable, then));
    }

    private void found(Map<TopicIdPartition, FetchAllResult.Part> result, List<TopicIdPartition> readable,
                       List<Runnable> after) {
        TreeMap<TopicIdPartition, Long> begin = new TreeMap<>();
        result.forEach((partition, part) -> {
            if (part.result() != null) {
                if (session.outOfRange.contains(partition)) {
                    session.moveTo(Map.of(partition, part.result().offset()));
                } else {
                    begin.put(partition, part.result().offset());
                }
            }
        });
        if (begin.isEmpty()) {
            List<TopicIdPartition> known = readable.stream().filter(session.positions::containsKey)
                    .filter(each -> !session.outOfRange.contains(each)).toList();
            if (known.isEmpty()) {
                later(after);
            } else {
                read(known, after);
            }
            return;
        }
        int awaited = attempt;
        CompletableFuture<GroupState> begun = host.begin(session.member, begin);
        after.add(() -> begun.whenComplete((state, failure) -> host.locked(then -> {
            if (awaited != attempt || phase != Phase.LOOKING) {
                return;
            }
            if (failure != null) {
                fail(failure, then);
            } else {
                start(then);
            }
        })));
    }

    private void read(List<TopicIdPartition> readable, List<Runnable> after) {
        GroupMember member = host.state().member(session.member);
        List<TopicIdPartition> inTurn = new ArrayList<>(readable);
        Collections.rotate(inTurn, -Math.floorMod(session.turn++, inTurn.size()));
        List<FetchAllRequest.Part> parts = inTurn.stream().map(each -> new FetchAllRequest.Part(each,
                new FetchPosition.AtOffset(session.positions.get(each)))).toList();
        reading = readable;
        long waitMs = Math.max(0, TimeUnit.NANOSECONDS.toMillis(end - host.now()));
        send(new FetchAllRequest(parts, Math.min(member.config().minBytes(), request.maxBytes()), request.maxBytes(), waitMs),
                inTurn, after, this::fetched);
    }

    /** @param asked the partitions of the request, in its order */
    private void send(FetchAllRequest toLog, List<TopicIdPartition> asked, List<Runnable> after,
                      BiConsumer<LinkedHashMap<TopicIdPartition, FetchAllResult.Part>, List<Runnable>> understood) {
        int awaited = ++attempt;
        after.add(() -> {
            ReadMemory memory = request.memory().part();
            CompletableFuture<FetchAllResult> sent = sent(toLog, memory);
            host.locked(then -> {
                if (awaited == attempt && phase == Phase.LOOKING) {
                    fetch = sent;
                } else {
                    then.add(() -> sent.cancel(false));
                }
            });
            sent.whenComplete((result, failure) -> host.locked(then -> {
                if (awaited != attempt || phase != Phase.LOOKING) {
                    memory.release();
                    return;
                }
                fetch = null;
                if (failure != null) {
                    fail(failure, then);
                    return;
                }
                try {
                    understood.accept(parts(asked, result), then);
                } catch (RuntimeException | Error fault) {
                    fail(fault, then); // nobody else would answer
                }
            }));
        });
    }

    private static LinkedHashMap<TopicIdPartition, FetchAllResult.Part> parts(List<TopicIdPartition> asked,
                                                                              FetchAllResult result) {
        LinkedHashMap<TopicIdPartition, FetchAllResult.Part> parts = new LinkedHashMap<>();
        for (int i = 0; i < asked.size(); i++) {
            parts.put(asked.get(i), result.parts().get(i));
        }
        return parts;
    }

    private CompletableFuture<FetchAllResult> sent(FetchAllRequest toLog, ReadMemory memory) {
        try {
            return host.log().fetch(toLog, memory);
        } catch (RuntimeException | Error fault) {
            return CompletableFuture.failedFuture(fault);
        }
    }

    private void fetched(LinkedHashMap<TopicIdPartition, FetchAllResult.Part> result, List<Runnable> after) {
        PollReading outcome = PollReading.of(result, Set.copyOf(readable()));
        overloaded = outcome.overloaded();
        session.outOfRange.addAll(outcome.outOfRange());
        if (!outcome.records().isEmpty()) {
            complete(outcome.records(), after);
        } else if (outcome.lasting() != null) {
            fail(outcome.lasting(), after);
        } else if (result.keySet().stream().anyMatch(session.outOfRange::contains)) {
            start(after);
        } else if (outcome.failed()) {
            later(after);
        } else {
            complete(after);
        }
    }

    private void later(List<Runnable> after) {
        long now = host.now();
        if (now - end >= 0) {
            endOfWait(after);
        } else {
            giveUp(after);
            idle(now + RETRY_NANOS);
        }
    }

    private void endOfWait(List<Runnable> after) {
        if (overloaded == null) {
            complete(after);
        } else {
            fail(overloaded, after);
        }
    }
}
