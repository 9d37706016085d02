package io.millrace.agreement.journal;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Where a journal comes from, which tells one that was there from the cluster's beginning from one that took the place
 * of a disk that was lost.
 *
 * @param journal  its identity, chosen when it was created; empty: not told
 * @param founders identities of the journals that were there, all of them empty, when the cluster began; empty: not known
 */
public record JournalOrigin(String journal, SortedSet<String> founders) {
    static final JournalOrigin UNKNOWN = new JournalOrigin("", Collections.emptySortedSet());
    private static final String SEPARATOR = ",";

    public JournalOrigin {
        founders = Collections.unmodifiableSortedSet(new TreeSet<>(founders));
    }

    static SortedSet<String> decodeFounders(String text) {
        return text.isEmpty() ? new TreeSet<>() : new TreeSet<>(List.of(text.split(SEPARATOR)));
    }

    static String encodeFounders(SortedSet<String> founders) {
        return String.join(SEPARATOR, founders);
    }
}
