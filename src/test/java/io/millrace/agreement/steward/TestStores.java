package io.millrace.agreement.steward;

import io.millrace.agreement.Majority;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalPeers;
import io.millrace.agreement.journal.MajorityJournal;
import io.millrace.agreement.journal.StandingJournal;
import io.millrace.agreement.registers.ActiveIncarnation;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.HazelcastRegisterStore;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.RegisterJournal;
import io.millrace.agreement.registers.RegisterStore;
import java.util.function.Supplier;

/** Register stores over an agreement and a journal that a test chose. */
public final class TestStores {
    private TestStores() {
    }

    /** Over an agreement whose first incarnation is active already, and where it is not, becomes so. */
    public static RegisterStore active(CpOperations cp, RegisterJournal journal, Supplier<String> changeIds) {
        if (cp.get(Incarnation.NAME) == null) {
            cp.compareAndSet(Incarnation.NAME, null, new Incarnation(1, true, "test").encode());
        }
        return new HazelcastRegisterStore(cp, new ActiveIncarnation(cp, () -> true, () -> 0), journal, changeIds);
    }

    /** Of a broker alone that restores its journal first. */
    public static RegisterStore restored(CpOperations cp, StandingJournal journal, Supplier<String> changeIds) {
        JournalGuard guard = new JournalGuard(journal);
        Majority majority = new Majority(1);
        Restore.Outcome outcome =
            new Restore(cp, guard, new JournalPoll(guard, 1, JournalPeers.NONE), majority, "test", session -> false, new Recovery()).attempt(true);
        if (outcome.problem() != null) {
            throw new IllegalStateException(outcome.problem());
        }
        return new HazelcastRegisterStore(cp, new ActiveIncarnation(cp, () -> true, () -> 0),
            new MajorityJournal(journal, guard, JournalPeers.NONE, majority, 1_000), changeIds);
    }
}
