package io.millrace.agreement.steward;

import io.millrace.agreement.Majority;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import io.millrace.agreement.journal.JournalRequest.Kind;
import io.millrace.agreement.journal.StatePages;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.RegisterDirectory;
import io.millrace.agreement.registers.RegisterNames;
import io.millrace.agreement.registers.RegisterState;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.LongStream;

/**
 * Fills an agreement that knows nothing from the journals, as a new incarnation. May fail between any two steps; the
 * next attempt, this broker's or another's, takes a higher number.
 */
final class Restore {
    private static final System.Logger LOGGER = System.getLogger(Restore.class.getName());

    private final CpOperations cp;
    private final JournalGuard own;
    private final JournalPoll poll;
    private final Majority majority;
    private final String session;
    private final Predicate<String> isLive;
    private final Recovery recovery;

    /**
     * @param isLive   whether the broker with this session may still be at work
     * @param recovery asked when journals that are needed were lost
     */
    Restore(CpOperations cp, JournalGuard own, JournalPoll poll, Majority majority, String session,
            Predicate<String> isLive, Recovery recovery) {
        this.cp = cp;
        this.own = own;
        this.poll = poll;
        this.majority = majority;
        this.session = session;
        this.isLive = isLive;
        this.recovery = recovery;
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

    /**
     * @param mine whether this broker is the one that restores; else it only tells what is in the way, unless the
     *             operator told it to go on
     * @throws RegisterUnavailableException when agreement or this broker's journal give no answer
     */
    Outcome attempt(boolean mine) {
        String found = cp.get(Incarnation.NAME);
        Incarnation before = Incarnation.decode(found);
        if (before != null && before.active() && before.number() >= own.standing().promise()) {
            return Outcome.waiting(null);
        }
        Census census = census();
        boolean beginning = census.isBeginning() && census.identities().equals(confirmed());
        boolean decided = !census.suffices() && !beginning;
        if (decided && !(majority.isReachedBy(census.replies().size()) && recovery.isGranted(census.loss()))) {
            return Outcome.waiting(census.question());
        }
        if (!mine && !decided) {
            return Outcome.waiting("the oldest server restores the registers");
        }
        if (!decided && before != null && !before.active() && !before.by().equals(session)
            && isLive.test(before.by())) {
            return Outcome.waiting("another broker is restoring the registers");
        }
        long number = 1 + Math.max(before == null ? 0 : before.number(), highest(census.replies().values()));
        Incarnation restoring = new Incarnation(number, false, session);
        if (!cp.compareAndSet(Incarnation.NAME, found, restoring.encode())) {
            return Outcome.waiting("another broker began to restore the registers");
        }
        return restore(restoring, census.replies().keySet(), beginning ? census.identities() : census.founders(),
            decided);
    }

    private Census census() {
        return new Census(majority, poll.ask(poll.everyone(), JournalRequest.of(Kind.INSPECT, 0, session)));
    }

    /** The journals with which a cluster can begin, seen again. */
    private SortedSet<String> confirmed() {
        Census again = census();
        return again.isBeginning() ? again.identities() : Collections.emptySortedSet();
    }

    private Outcome restore(Incarnation restoring, Set<Integer> brokers, SortedSet<String> founders, boolean decided) {
        long number = restoring.number();
        Map<Integer, JournalReply> promised =
            poll.ask(brokers, JournalRequest.prepare(number, session, founders));
        RestoreMerge merge = new RestoreMerge();
        promised.keySet().removeIf(broker -> !read(broker, number, merge));
        Census census = new Census(majority, promised);
        if (decided ? promised.size() < brokers.size() : !census.suffices()) {
            return Outcome.waiting(census.question());
        }
        long active = promised.values().stream().mapToLong(reply -> reply.standing().active()).max().orElse(0);
        SortedMap<String, RegisterState> states = merge.merged(active, number);
        List<SortedMap<String, RegisterState>> pages = StatePages.of(states);
        if (!fill(states.keySet(), pages)) {
            return Outcome.waiting("another broker restores a later incarnation of the registers");
        }
        Set<Integer> hold = push(promised.keySet(), number, pages);
        if (!majority.isReachedBy(hold.size())) {
            return Outcome.waiting("the restored registers did not reach the journals of " + majority.needed()
                + " brokers");
        }
        Set<Integer> noted = poll.ask(hold, JournalRequest.of(Kind.ACTIVATE, number, session)).keySet();
        if (!majority.isReachedBy(noted.size())) {
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

    /** Adds all pages of a journal; false when that did not give the last one. */
    private boolean read(int broker, long number, RestoreMerge merge) {
        String after = "";
        while (true) {
            JournalReply reply =
                poll.ask(Set.of(broker), JournalRequest.read(number, session, after)).get(broker);
            if (reply == null || reply.states().isEmpty()) {
                return reply != null;
            }
            merge.add(reply.states());
            after = reply.states().lastKey();
        }
    }

    /** Writes all of it into the agreement; false when that holds a later incarnation's. */
    private boolean fill(Set<String> keys, List<SortedMap<String, RegisterState>> pages) {
        new RegisterDirectory(cp).add(keys);
        return pages.stream().allMatch(this::fill);
    }

    private boolean fill(SortedMap<String, RegisterState> page) {
        SortedMap<String, RegisterState> missing = new TreeMap<>(page);
        while (!missing.isEmpty()) {
            Map<String, String> found = cp.getAll(missing.keySet().stream().map(RegisterNames::of).toList());
            missing.entrySet().removeIf(e -> e.getValue().encode().equals(found.get(RegisterNames.of(e.getKey()))));
            for (Map.Entry<String, RegisterState> entry : missing.entrySet()) {
                String name = RegisterNames.of(entry.getKey());
                String text = found.get(name);
                if (text != null && RegisterState.decode(text).isNewerThan(entry.getValue())) {
                    return false;
                }
                cp.compareAndSet(name, text, entry.getValue().encode());
            }
        }
        return true;
    }

    private Set<Integer> push(Set<Integer> brokers, long number, List<SortedMap<String, RegisterState>> pages) {
        Set<Integer> hold = new TreeSet<>(brokers);
        for (SortedMap<String, RegisterState> page : pages) {
            hold = poll.ask(hold, new JournalRequest(Kind.RESTORE, number, session, page)).keySet();
        }
        return hold;
    }

    private static long highest(Collection<JournalReply> replies) {
        return replies.stream().map(JournalReply::standing)
            .flatMapToLong(standing -> LongStream.of(standing.promise(), standing.active())).max().orElse(0);
    }
}
