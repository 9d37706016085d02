package io.millrace.agreement.steward;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.JournalGuard;
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
        List<String> keys = List.copyOf(new RegisterDirectory(cp).list(""));
        Map<String, String> texts = cp.getAll(keys.stream().map(RegisterNames::of).toList());
        if (!active.equals(Incarnation.decode(cp.get(Incarnation.NAME)))) {
            return false;
        }
        SortedMap<String, RegisterState> states = new TreeMap<>();
        for (String key : keys) {
            String text = texts.get(RegisterNames.of(key));
            RegisterState state = text == null ? null : RegisterState.decode(text);
            if (state != null && state.incarnation() == active.number()) {
                states.put(key, state);
            }
        }
        boolean done = own.catchUp(active.number(), active.by(), states);
        if (done) {
            LOGGER.log(System.Logger.Level.INFO, "this broker''s journal has caught up with incarnation {0},"
                + " {1} registers", active.number(), states.size());
        }
        return done;
    }
}
