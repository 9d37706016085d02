package io.millrace.group.delivery;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Ownership;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One poll of one member: finds out where to read, reads, and waits when there is nothing, without a thread. It starts
 * over whenever the member's partitions change. Guarded by the group's lock.
 */
final class PollTask {
    private enum Phase {
        /** Behind another poll of the same member, until it is known what became of its answer. */
        QUEUED,
        /** Nothing to read, or to be tried again later: the group's tick looks after it. */
        IDLE, LOOKING,
        /** The answer is being written. */
        DELIVERING, OVER
    }

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final Polls polls;
    private final Sessions sessions;
    private final Session session;
    private final PollRequest request;
    private final long end;
    private final PollFetch fetch;
    private final StartingPoints startingPoints;
    private final CompletableFuture<Polled> answer = new CompletableFuture<>();
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private Phase phase = Phase.QUEUED;
    private boolean superseded;
    private long retryAt;
    /** Why records that are there could not be read, for want of memory; told unless they can be before the wait is over. */
    private BrokerException overloaded;
    private List<TopicIdPartition> reading = List.of();
    /** What is being written, and since when, by the nano clock. */
    private Polled given;
    private long givenAt;

    /** @param end when it is to be answered, by the nano clock */
    PollTask(Polls polls, Sessions sessions, Session session, PollRequest request, long end) {
        this.polls = polls;
        this.sessions = sessions;
        this.session = session;
        this.request = request;
        this.end = end;
        this.fetch = new PollFetch(sessions.lock(), sessions.log(), request.memory());
        this.startingPoints = new StartingPoints(this, sessions, session, fetch);
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

    // ---- its end

    /** Another poll of the member came: this one is answered with nothing, unless its answer is being written. */
    void supersede() {
        superseded = true;
        if (phase != Phase.DELIVERING) {
            complete();
        }
    }

    /** Answers with nothing. */
    void complete() {
        if (phase == Phase.OVER) {
            return;
        }
        GroupMember member = sessions.standing().member(session.member.name());
        session.answered = polls.nextNumber();
        Polled nothing = Polled.nothing(session.answered, member == null ? ConsumerConfig.DEFAULT : member.config(), told(member));
        end(false);
        sessions.lock().afterwards(() -> answer.complete(nothing));
    }

    void fail(Throwable failure) {
        if (phase != Phase.OVER) {
            end(false);
            sessions.lock().afterwards(() -> answer.completeExceptionally(failure));
        }
    }

    private void end(boolean gave) {
        lookNoMore();
        given = null;
        phase = Phase.OVER;
        sessions.lock().afterwards(() -> over.complete(null));
        polls.over(session, this, gave);
    }

    private void deliver(LinkedHashMap<TopicIdPartition, FetchAllResult.Part> parts) {
        try {
            sessions.side().requireLeading(); // Else another one may have given them out, and have taken commits behind them.
        } catch (BrokerException replaced) {
            fail(replaced);
            return;
        }
        lookNoMore();
        phase = Phase.DELIVERING;
        session.delivering = this;
        GroupMember member = sessions.standing().member(session.member.name());
        ConsumerConfig config = member == null ? ConsumerConfig.DEFAULT : member.config();
        long number = polls.nextNumber();
        session.answered = number;
        PollDelivery delivery = new PollDelivery(session,
                new LastPoll(number, request.source().entry(), request.isPart(), sessions.now()), parts);
        Polled polled = new Polled(number, config.form(), List.copyOf(parts.values()), told(member), config.maxPollRecords(),
                next -> sessions.lock().hold(() -> delivered(delivery, next)), delivery::written);
        given = polled;
        givenAt = sessions.now();
        sessions.lock().afterwards(() -> {
            if (!answer.complete(polled)) {
                polled.abandoned();
            }
        });
    }

    /** An answer of which nobody says for so long how much went into it is given up: those behind it must not wait for ever. */
    void giveUpDelivery(long afterNanos) {
        if (phase == Phase.DELIVERING && sessions.now() - givenAt >= afterNanos) {
            sessions.lock().afterwards(given::abandoned);
        }
    }

    private int told(GroupMember member) {
        session.toldEpoch = member == null ? 0 : member.epoch();
        return session.toldEpoch;
    }

    private void delivered(PollDelivery delivery, Map<TopicPartition, Long> next) {
        delivery.end(next);
        end(!next.isEmpty());
    }

    private void lookNoMore() {
        fetch.giveUp();
        reading = List.of();
    }

    // ---- what happens while it looks

    /** What the member may read has changed: looks again, unless that changes nothing. */
    void partitionsChanged() {
        if (phase == Phase.IDLE || phase == Phase.LOOKING && !Set.copyOf(reading).equals(Set.copyOf(readable()))) {
            start();
        }
    }

    /** Positions have changed: looks again. */
    void moved() {
        if (phase == Phase.IDLE || phase == Phase.LOOKING) {
            start();
        }
    }

    void tick() {
        if (phase == Phase.IDLE || phase == Phase.QUEUED) {
            if (sessions.now() - end >= 0) {
                endOfWait();
            } else if (phase == Phase.IDLE && retryAt != 0 && sessions.now() - retryAt >= 0) {
                start();
            }
        }
    }

    private List<TopicIdPartition> readable() {
        Standing standing = sessions.standing();
        GroupMember member = standing.member(session.member.name());
        if (member == null) {
            return List.of();
        }
        return member.target().stream().filter(member::owns).map(standing.membership()::assigned)
                .filter(each -> !session.releasing.contains(each) && !session.mustWait(each, standing.pending())).toList();
    }

    /** Begins, or begins again. */
    void start() {
        if (phase == Phase.OVER || phase == Phase.DELIVERING) {
            return;
        }
        lookNoMore();
        retryAt = 0;
        GroupMember member = sessions.standing().member(session.member.name());
        if (superseded || member == null) {
            complete();
            return;
        }
        List<TopicIdPartition> readable = readable();
        if (!readable.stream().allMatch(each -> Ownership.isCurrent(each, sessions.log().topics()))) {
            sessions.lock().afterwards(sessions.side()::settle); // which lets this begin again
            idle(sessions.now() + RETRY_NANOS);
            return;
        }
        if (readable.isEmpty()) {
            idle(0);
            return;
        }
        phase = Phase.LOOKING;
        reading = readable;
        startingPoints.find(readable, member.config());
    }

    private void idle(long retry) {
        phase = Phase.IDLE;
        retryAt = retry;
    }

    // ---- reading

    /** Reads partitions whose positions are known. */
    void read(List<TopicIdPartition> readable) {
        GroupMember member = sessions.standing().member(session.member.name());
        List<TopicIdPartition> inTurn = new ArrayList<>(readable);
        Collections.rotate(inTurn, -Math.floorMod(session.turn++, inTurn.size()));
        List<FetchAllRequest.Part> parts = inTurn.stream().map(each -> new FetchAllRequest.Part(each,
                at(session.positions.get(each)))).toList();
        long waitMs = Math.max(0, TimeUnit.NANOSECONDS.toMillis(end - sessions.now()));
        fetch.send(new FetchAllRequest(parts, member.config().isolation(), Math.min(member.config().minBytes(), request.maxBytes()),
                request.maxBytes(), waitMs), inTurn, this::fetched, this::fail);
    }

    private static FetchPosition at(Position position) {
        return new FetchPosition.AtOffset(position.offset(), position.leaderEpoch());
    }

    private void fetched(LinkedHashMap<TopicIdPartition, FetchAllResult.Part> result) {
        PollReading outcome = PollReading.of(result, Set.copyOf(readable()));
        overloaded = outcome.overloaded();
        outcome.outOfRange().forEach(session::lost);
        if (!outcome.records().isEmpty()) {
            deliver(outcome.records());
        } else if (outcome.lasting() != null) {
            fail(outcome.lasting());
        } else if (result.keySet().stream().anyMatch(session.outOfRange::contains)) {
            start();
        } else if (outcome.failed()) {
            later();
        } else {
            complete();
        }
    }

    /** Tries again in a moment, unless the wait is over. */
    void later() {
        long now = sessions.now();
        if (now - end >= 0) {
            endOfWait();
        } else {
            lookNoMore();
            idle(now + RETRY_NANOS);
        }
    }

    private void endOfWait() {
        if (overloaded == null) {
            complete();
        } else {
            fail(overloaded);
        }
    }
}
