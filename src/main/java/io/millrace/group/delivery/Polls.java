package io.millrace.group.delivery;

import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The polls of a group's members: one of each member waits, one answer of each is written at a time. What a member was given
 * counts as done when it comes back for more. Guarded by the group's lock.
 */
public final class Polls {
    /** How often what a member read is committed for it. */
    private static final long AUTO_COMMIT_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** A poll that says nothing about it, by a consumer that says nothing either, waits this long, in ms. */
    private static final long SHORT_WAIT_MS = 1_000;

    private final Sessions sessions;
    private final Arrivals arrivals;
    private final long maxWaitMs;
    private final LongSupplier numbers;

    /**
     * @param maxWaitMs   the longest that a poll waits, in ms
     * @param numbers   of the polls, from 1: none is given twice, here or by another coordinator of the group
     */
    public Polls(Sessions sessions, Arrivals arrivals, long maxWaitMs, LongSupplier numbers) {
        this.sessions = sessions;
        this.arrivals = arrivals;
        this.maxWaitMs = maxWaitMs;
        this.numbers = numbers;
    }

    /** @return fails with UNKNOWN_CONSUMER, WRONG_FORMAT, FENCED, ILLEGAL_SUBSCRIPTION, NO_OFFSET, CORRUPT_LOG, LOG_DIRECTORY_OFFLINE */
    public CompletableFuture<Polled> poll(GroupMember member, PollRequest request) {
        if (request.forms() != null && !request.forms().contains(member.config().form())) {
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.WRONG_FORMAT, ("consumer '%s' was created"
                    + " for format %s: accept that, or create another one").formatted(member.name(),
                    member.config().form().name().toLowerCase(Locale.ROOT))));
        }
        if (member.subscription().isEmpty()) { // or a consumer that forgot to subscribe would wait for ever
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.ILLEGAL_SUBSCRIPTION, ("consumer '%s' reads nothing:"
                    + " first POST the topics that it is to read to its .../subscription, or partitions to its .../assignments")
                    .formatted(member.name())));
        }
        return sessions.lock().hold(() -> {
            Session session = sessions.of(member.id());
            if (session == null || sessions.closed() != null) {
                return CompletableFuture.failedFuture(sessions.closed() != null ? sessions.closed()
                        : sessions.gone(member.id()));
            }
            if (request.goesOn() && (session.poll != null || session.answered != request.behind())) {
                return CompletableFuture.failedFuture(new BrokerException(ErrorKind.FENCED, ("consumer '%s' polled otherwise, or another"
                        + " stream of it began, which ended this one: read by one at a time").formatted(member.name())));
            }
            long wait = TimeUnit.MILLISECONDS.toNanos(waitMs(member.config(), request));
            PollTask task = new PollTask(this, sessions, session, request, sessions.now() + wait);
            PollTask previous = session.poll;
            session.poll = task;
            if (previous != null) {
                previous.supersede(); // and starts this one once it is over
            } else if (session.delivering == null) {
                startWhenKnown(session, task);
            }
            return task.answer();
        });
    }

    private long waitMs(ConsumerConfig config, PollRequest request) {
        long wanted = request.waitMs() != PollRequest.NOT_SAID ? request.waitMs()
                : config.requestTimeoutMs() != ConsumerConfig.DEFAULT_REQUEST_TIMEOUT_MS ? config.requestTimeoutMs()
                : SHORT_WAIT_MS;
        long longest = Math.min(maxWaitMs, config.sessionTimeoutMs() / 2);
        return Math.min(longest, request.goesOn() ? wanted : Math.min(wanted, config.requestTimeoutMs()));
    }

    /**
     * A poll that comes while the answer to another one is written may come because that did not arrive. It may be over
     * before that is known.
     */
    private void startWhenKnown(Session session, PollTask poll) {
        sessions.lock().afterwards(() -> arrivals.confirmed(session.member, poll.source()).whenComplete((done, failure) ->
                sessions.lock().hold(() -> start(session, poll))));
    }

    private void start(Session session, PollTask poll) {
        GroupMember member = sessions.standing().member(session.member.name());
        if (session.poll == poll && member != null) {
            acknowledge(member, session);
        }
        poll.start();
    }

    /** It is back for more, so what it had is done with. */
    private void acknowledge(GroupMember member, Session session) {
        long now = sessions.now();
        session.acknowledged.putAll(session.arrived());
        if (member.config().autoCommit() && now - session.autoCommittedAt >= AUTO_COMMIT_NANOS) {
            session.autoCommittedAt = now;
            Map<TopicIdPartition, Position> read = new TreeMap<>(session.acknowledged);
            sessions.lock().afterwards(() -> sessions.side().commitRead(session.member, read));
        } else if (!session.revokedAt.isEmpty()) {
            sessions.lock().afterwards(sessions.side()::settle);
        }
    }

    // ---- for the polls

    long nextNumber() {
        return numbers.getAsLong();
    }

    /**
     * A poll is over, answered or not.
     *
     * @param gave whether the member was given records
     */
    void over(Session session, PollTask poll, boolean gave) {
        GroupMember member = sessions.standing().member(session.member.name());
        if (gave && member != null) {
            session.deadline = sessions.deadline(member.config());
        }
        if (session.delivering == poll) {
            session.delivering = null;
        }
        PollTask next = session.poll;
        if (next == poll) {
            session.poll = null;
        } else if (next != null && session.delivering == null) {
            startWhenKnown(session, next);
        }
    }
}
