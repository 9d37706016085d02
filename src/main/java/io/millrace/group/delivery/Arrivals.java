package io.millrace.group.delivery;

import io.millrace.agreement.Member;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;

/**
 * Finds out whether the last answer to a member arrived: by what the member says, by what the broker says that it asked, or by
 * asking that. What did not arrive is given again.
 */
public final class Arrivals {
    private final String group;
    private final Sessions sessions;
    private final Deliveries deliveries;
    private final int self;
    private final IntFunction<Optional<Member>> brokers;
    /** Guarded by itself: by parts of streams, which may take long, the question that waits for an answer. */
    private final Map<LastPoll, CompletableFuture<Boolean>> asking = new IdentityHashMap<>();

    /**
     * @param self    id of this broker
     * @param brokers those that are in touch, by id
     */
    public Arrivals(String group, Sessions sessions, Deliveries deliveries, int self, IntFunction<Optional<Member>> brokers) {
        this.group = group;
        this.sessions = sessions;
        this.deliveries = deliveries;
        this.self = self;
        this.brokers = brokers;
    }

    /** What a member had read. @param lastPoll number of the last poll that gave it records, or {@link Session#NO_POLL} */
    public record Read(Map<TopicIdPartition, Position> positions, long lastPoll) {
    }

    /** @return completes when it is known whether the last answer to a member arrived */
    public CompletableFuture<Void> confirmed(ConsumerId member, PollRequest.Source source) {
        LastPoll last = sessions.lock().hold(() -> {
            Session session = sessions.of(member);
            if (session != null && session.last == null) {
                compare(session, source);
            }
            return session == null ? null : session.last;
        });
        return last == null ? CompletableFuture.completedFuture(null)
                : hasArrived(member, last, source).thenAccept(arrived -> learned(member, last, arrived));
    }

    /** With the lock held: what the member says that it received, with what it was given. */
    private void compare(Session session, PollRequest.Source source) {
        if (source.received() != null && session.lastNumber != Session.NO_POLL && session.lastNumber != source.received()) {
            session.rewind(sessions.standing().offsets());
        }
    }

    private CompletableFuture<Boolean> hasArrived(ConsumerId member, LastPoll last, PollRequest.Source source) {
        if (source.received() != null) {
            return CompletableFuture.completedFuture(source.received() == last.number());
        } else if (source.vouched() != null && source.entry() == last.entry() && source.vouched() == last.number()) {
            return CompletableFuture.completedFuture(true); // if it speaks of another one, that is from before this answer
        }
        return last.written().thenCompose(whole -> whole.isEmpty() || last.entry() == self
                ? CompletableFuture.completedFuture(whole.isPresent()) : wasPassedOn(member, last, whole.get()));
    }

    /** As the broker knows that passed the answer on; one that is not there has lost it. Of a stream each poll would ask anew. */
    private CompletableFuture<Boolean> wasPassedOn(ConsumerId member, LastPoll last, HandedOn answer) {
        if (answer.end() == 0) {
            return ask(member, last.entry(), answer);
        }
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        synchronized (asking) {
            CompletableFuture<Boolean> before = asking.putIfAbsent(last, told);
            if (before != null) {
                return before;
            }
        }
        ask(member, last.entry(), answer).thenAccept(arrived -> {
            synchronized (asking) {
                asking.remove(last);
            }
            told.complete(arrived);
        });
        return told;
    }

    private CompletableFuture<Boolean> ask(ConsumerId member, int by, HandedOn answer) {
        return brokers.apply(by).map(entry -> deliveries.wasWritten(entry, group, member.name(), answer)
                .exceptionally(unknown -> false)).orElseGet(() -> CompletableFuture.completedFuture(false));
    }

    private void learned(ConsumerId member, LastPoll last, boolean arrived) {
        sessions.lock().hold(() -> {
            Session session = sessions.of(member);
            if (session != null && session.last == last) {
                session.last = null;
                if (!arrived) {
                    session.rewind(last);
                }
            }
        });
    }

    /** @return completes when the answers that are being written are over, and it is known which arrived */
    public CompletableFuture<Void> settled() {
        Map<ConsumerId, CompletableFuture<Void>> writing = sessions.lock().hold(() -> {
            Map<ConsumerId, CompletableFuture<Void>> all = new LinkedHashMap<>();
            sessions.all().forEach(session -> all.put(session.member, session.delivering == null
                    ? CompletableFuture.completedFuture(null) : session.delivering.over()));
            return all;
        });
        return CompletableFuture.allOf(writing.entrySet().stream().map(each -> each.getValue()
                .thenCompose(over -> confirmed(each.getKey(), PollRequest.Source.SILENT))).toArray(CompletableFuture[]::new));
    }

    /** Of all members, by name; what is not known to have arrived was not read. */
    public Map<String, Read> read() {
        return sessions.lock().hold(() -> {
            Map<String, Read> all = new TreeMap<>();
            sessions.all().forEach(session -> all.put(session.member.name(),
                    new Read(session.arrived(), session.last == null ? session.lastNumber : Session.NO_POLL)));
            return all;
        });
    }
}
