package io.millrace.agreement.steward;

import io.millrace.agreement.Majority;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalPeers;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.RegisterDirectory;
import io.millrace.agreement.registers.RegisterNames;
import io.millrace.agreement.registers.RegisterState;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.LongStream;

/**
 * Fills an agreement that knows nothing from the journals, as a new incarnation. May fail between any two steps; the
 * next attempt, this broker's or another's, takes a higher number.
 */
final class Restore {
    private static final System.Logger LOGGER = System.getLogger(Restore.class.getName());
    private static final long ANSWER_SECONDS = 6;
    private static final int STATES_A_REQUEST = 500;

    private final CpOperations cp;
    private final JournalGuard own;
    private final int brokerId;
    private final JournalPeers peers;
    private final Majority majority;
    private final String session;
    private final Predicate<String> isLive;

    /** @param isLive whether the broker with this session may still be at work */
    Restore(CpOperations cp, JournalGuard own, int brokerId, JournalPeers peers, Majority majority, String session,
            Predicate<String> isLive) {
        this.cp = cp;
        this.own = own;
        this.brokerId = brokerId;
        this.peers = peers;
        this.majority = majority;
        this.session = session;
        this.isLive = isLive;
    }

    /**
     * @param problem  why there is no active incarnation yet; null when there is
     * @param restored what a majority is known to hold; empty unless this call restored it
     */
    record Outcome(String problem, SortedMap<String, RegisterState> restored) {
        private static Outcome waiting(String problem) {
            return new Outcome(problem, new TreeMap<>());
        }
    }

    /** @throws RegisterUnavailableException when agreement or this broker's journal give no answer */
    Outcome attempt() {
        String found = cp.get(Incarnation.NAME);
        Incarnation before = Incarnation.decode(found);
        if (before != null && before.active() && before.number() >= own.standing().promise()) {
            return Outcome.waiting(null);
        }
        if (before != null && !before.active() && !before.by().equals(session) && isLive.test(before.by())) {
            return Outcome.waiting("another broker is restoring the registers");
        }
        Map<Integer, JournalReply> seen = askAll(everyone(),
            JournalRequest.of(JournalRequest.Kind.INSPECT, 0, session));
        if (!RestoreMerge.suffices(majority, seen.values())) {
            return Outcome.waiting(tooFew(seen.keySet()));
        }
        long number = 1 + Math.max(before == null ? 0 : before.number(), highest(seen.values()));
        Incarnation restoring = new Incarnation(number, false, session);
        if (!cp.compareAndSet(Incarnation.NAME, found, restoring.encode())) {
            return Outcome.waiting("another broker began to restore the registers");
        }
        return restore(restoring, seen.keySet());
    }

    private Outcome restore(Incarnation restoring, Set<Integer> brokers) {
        long number = restoring.number();
        Map<Integer, JournalReply> promised = askAll(brokers,
            JournalRequest.of(JournalRequest.Kind.PROMISE, number, session));
        if (!RestoreMerge.suffices(majority, promised.values())) {
            return Outcome.waiting(tooFew(promised.keySet()));
        }
        SortedMap<String, RegisterState> states = RestoreMerge.of(promised.values(), number);
        if (!fill(states)) {
            return Outcome.waiting("another broker restores a later incarnation of the registers");
        }
        Set<Integer> hold = push(promised.keySet(), number, states);
        if (!majority.isReachedBy(hold.size())) {
            return Outcome.waiting("the restored registers did not reach the journals of " + majority.needed()
                + " brokers");
        }
        Set<Integer> active =
            askAll(hold, JournalRequest.of(JournalRequest.Kind.ACTIVATE, number, session)).keySet();
        if (!majority.isReachedBy(active.size())) {
            return Outcome.waiting("fewer than " + majority.needed() + " brokers noted that the registers are"
                + " restored");
        }
        if (!cp.compareAndSet(Incarnation.NAME, restoring.encode(), new Incarnation(number, true, session).encode())
            && !new Incarnation(number, true, session).encode().equals(cp.get(Incarnation.NAME))) {
            return Outcome.waiting("the agreement was lost again while the registers were restored");
        }
        LOGGER.log(System.Logger.Level.INFO, "{0} registers restored as incarnation {1} from the journals of brokers"
            + " {2}", states.size(), number, promised.keySet());
        return new Outcome(null, states);
    }

    /** Writes all of it into the agreement; false when that holds a later incarnation's. */
    private boolean fill(SortedMap<String, RegisterState> states) {
        new RegisterDirectory(cp).add(states.keySet());
        for (Map.Entry<String, RegisterState> entry : states.entrySet()) {
            String name = RegisterNames.of(entry.getKey());
            RegisterState state = entry.getValue();
            String found = cp.get(name);
            while (!state.encode().equals(found)) {
                if (found != null && RegisterState.decode(found).isNewerThan(state)) {
                    return false;
                }
                cp.compareAndSet(name, found, state.encode());
                found = cp.get(name);
            }
        }
        return true;
    }

    private Set<Integer> push(Set<Integer> brokers, long number, SortedMap<String, RegisterState> states) {
        Set<Integer> hold = new TreeSet<>(brokers);
        SortedMap<String, RegisterState> rest = states;
        while (!rest.isEmpty() && !hold.isEmpty()) {
            SortedMap<String, RegisterState> part = new TreeMap<>();
            rest.entrySet().stream().limit(STATES_A_REQUEST).forEach(e -> part.put(e.getKey(), e.getValue()));
            hold = askAll(hold, new JournalRequest(JournalRequest.Kind.RESTORE, number, session, part)).keySet();
            rest = rest.tailMap(part.lastKey() + "\0");
        }
        return hold;
    }

    private Set<Integer> everyone() {
        Set<Integer> everyone = new TreeSet<>(peers.reachable());
        everyone.add(brokerId);
        return everyone;
    }

    /** The replies of those that accepted. */
    private Map<Integer, JournalReply> askAll(Set<Integer> brokers, JournalRequest request) {
        Map<Integer, CompletableFuture<JournalReply>> asked = new TreeMap<>();
        brokers.stream().filter(id -> id != brokerId).forEach(id -> asked.put(id, peers.ask(id, request)));
        Map<Integer, JournalReply> accepted = new TreeMap<>();
        if (brokers.contains(brokerId)) {
            JournalReply reply = own.handle(request);
            if (reply.accepted()) {
                accepted.put(brokerId, reply);
            }
        }
        asked.forEach((id, answer) -> {
            JournalReply reply = answer(answer);
            if (reply != null && reply.accepted()) {
                accepted.put(id, reply);
            }
        });
        return accepted;
    }

    private static JournalReply answer(CompletableFuture<JournalReply> answer) {
        try {
            return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "a broker's journal gave no answer", e);
            return null;
        }
    }

    private static long highest(Collection<JournalReply> replies) {
        return replies.stream().map(JournalReply::standing)
            .flatMapToLong(standing -> LongStream.of(standing.promise(), standing.active())).max().orElse(0);
    }

    private String tooFew(Set<Integer> brokers) {
        return "the registers cannot be restored with the journals of brokers " + brokers + " only: "
            + majority.needed() + " of " + majority.configured() + " that were in use before are needed, or"
            + " all of them";
    }
}
