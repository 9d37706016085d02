package io.millrace.agreement.steward;

import io.millrace.agreement.Majority;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import io.millrace.agreement.journal.JournalRequest.Kind;
import io.millrace.agreement.journal.Standing;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.RegisterDirectory;
import io.millrace.agreement.registers.RegisterNames;
import io.millrace.agreement.registers.RegisterState;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Brings the journal of a broker that was away up to the active incarnation, from the agreement. */
final class CatchUp {
    private static final System.Logger LOGGER = System.getLogger(CatchUp.class.getName());

    private static final int KEYS_A_READ = 500;

    private final CpOperations cp;
    private final int self;
    private final JournalGuard own;
    private final JournalPoll poll;
    private final Majority majority;
    private final Recovery recovery;

    /** @param self id of this broker */
    CatchUp(CpOperations cp, int self, JournalGuard own, JournalPoll poll, Majority majority, Recovery recovery) {
        this.cp = cp;
        this.self = self;
        this.own = own;
        this.poll = poll;
        this.majority = majority;
        this.recovery = recovery;
    }

    static boolean isNeeded(Standing own, Incarnation active) {
        return own.active() < active.number() || own.promise() < active.number();
    }

    /**
     * @return why the journal is not a full member of this incarnation yet; null when it is
     * @throws RegisterUnavailableException when there is no answer
     */
    String attempt(Incarnation active) {
        Loss loss = own.standing().active() == 0 ? loss(active) : null;
        if (loss != null && !recovery.isGranted(loss)) {
            return "this broker's journal is new, and of those that were in use before only those of brokers " + loss.kept()
                + " take part in what is agreed now: " + majority.needed() + " of " + majority.configured()
                + " are needed. Start the others, with their disks. When those are lost for good, " + loss.request()
                + " at this server goes on without them";
        }
        return follow(active) ? null : "this broker's journal has not caught up yet";
    }

    /**
     * A journal that took the place of a lost one does not know what that had promised: it joins an incarnation that so
     * many others still promise that no later one can have been made with the lost one's vote.
     *
     * @return null: so many do
     */
    private Loss loss(Incarnation active) {
        Map<Integer, JournalReply> replies =
            poll.ask(poll.everyone(), JournalRequest.of(Kind.INSPECT, active.number(), ""));
        Census census = new Census(majority, replies);
        Set<Integer> promising = census.witnesses();
        promising.removeIf(broker -> replies.get(broker).standing().promise() != active.number());
        if (majority.isReachedBy(promising.size()) || own.isAmong(census.founders())) {
            return null;
        }
        return new Loss(promising, Set.of(self));
    }

    private boolean follow(Incarnation active) {
        if (!own.follow(active.number(), active.by())) {
            return false;
        }
        List<String> keys = List.copyOf(new RegisterDirectory(cp).list(""));
        for (int begin = 0; begin < keys.size(); begin += KEYS_A_READ) {
            SortedMap<String, RegisterState> states =
                read(active, keys.subList(begin, Math.min(keys.size(), begin + KEYS_A_READ)));
            if (!own.handle(new JournalRequest(Kind.RESTORE, active.number(), active.by(), states)).accepted()) {
                return false;
            }
        }
        if (!active.equals(Incarnation.decode(cp.get(Incarnation.NAME)))
            || !own.handle(JournalRequest.of(Kind.ACTIVATE, active.number(), active.by())).accepted()) {
            return false;
        }
        LOGGER.log(System.Logger.Level.INFO, "this broker''s journal has caught up with incarnation {0},"
            + " {1} registers", active.number(), keys.size());
        return true;
    }

    private SortedMap<String, RegisterState> read(Incarnation active, List<String> keys) {
        Map<String, String> texts = cp.getAll(keys.stream().map(RegisterNames::of).toList());
        SortedMap<String, RegisterState> states = new TreeMap<>();
        for (String key : keys) {
            String text = texts.get(RegisterNames.of(key));
            RegisterState state = text == null ? null : RegisterState.decode(text);
            if (state != null && state.incarnation() == active.number()) {
                states.put(key, state);
            }
        }
        return states;
    }
}
