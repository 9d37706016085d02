package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import java.util.SortedMap;
import java.util.TreeMap;

/** All that a journal knows of registers. */
public final class JournalStates {
    private JournalStates() {
    }

    /** The newest version of every register by key, deleted ones included. */
    public static SortedMap<String, RegisterState> of(StandingJournal journal) {
        SortedMap<String, RegisterState> all = new TreeMap<>();
        for (SortedMap<String, RegisterState> page = journal.page(""); !page.isEmpty(); page = journal.page(page.lastKey())) {
            all.putAll(page);
        }
        return all;
    }
}
