package io.millrace.agreement.steward;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.JournalGuard;
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
import java.util.SortedMap;
import java.util.TreeMap;

/** Brings the journal of a broker that was away up to the active incarnation, from the agreement. */
final class CatchUp {
    private static final System.Logger LOGGER = System.getLogger(CatchUp.class.getName());

    private static final int KEYS_A_READ = 500;

    private final CpOperations cp;
    private final JournalGuard own;

    CatchUp(CpOperations cp, JournalGuard own) {
        this.cp = cp;
        this.own = own;
    }

    static boolean isNeeded(Standing own, Incarnation active) {
        return own.active() < active.number() || own.promise() < active.number();
    }

    /**
     * @return whether the journal is a full member of this incarnation
     * @throws RegisterUnavailableException when there is no answer
     */
    boolean attempt(Incarnation active) {
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
