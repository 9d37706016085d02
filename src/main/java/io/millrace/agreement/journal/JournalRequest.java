package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What one broker asks of another's journal.
 *
 * @param incarnation that it speaks for
 * @param owner       who leads that incarnation's restoration
 * @param after       of READ: the last key that is known; empty: none
 * @param founders    of PREPARE: the journals with which the cluster began, see {@link JournalOrigin}
 * @param states      by key
 */
public record JournalRequest(Kind kind, long incarnation, String owner, String after, SortedSet<String> founders,
                             SortedMap<String, RegisterState> states) {
    /** What becomes of the request; see {@link JournalGuard}. */
    public enum Kind {
        /** Tells the standing and changes nothing. */
        INSPECT,
        /** Promises the incarnation to its owner, and takes note of the founders when none are known. */
        PREPARE,
        /** Tells the owner a page of the states: none when there are no more. */
        READ,
        /** Takes states that the owner restored. */
        RESTORE,
        /** Notes that every state of the incarnation was restored here. */
        ACTIVATE,
        /** Takes states of the active incarnation. */
        STORE
    }

    private static final int HEAD = 3;

    /** @param states which are to be taken */
    public JournalRequest(Kind kind, long incarnation, String owner, SortedMap<String, RegisterState> states) {
        this(kind, incarnation, owner, "", Collections.emptySortedSet(), states);
    }

    public static JournalRequest of(Kind kind, long incarnation, String owner) {
        return new JournalRequest(kind, incarnation, owner, Collections.emptySortedMap());
    }

    public static JournalRequest read(long incarnation, String owner, String after) {
        return new JournalRequest(Kind.READ, incarnation, owner, after, Collections.emptySortedSet(),
            Collections.emptySortedMap());
    }

    public static JournalRequest prepare(long incarnation, String owner, SortedSet<String> founders) {
        return new JournalRequest(Kind.PREPARE, incarnation, owner, "", founders, Collections.emptySortedMap());
    }

    public String[] encode() {
        List<String> texts = new ArrayList<>(List.of(kind.name(), Long.toString(incarnation), owner));
        if (kind == Kind.READ) {
            texts.add(after);
        }
        texts.addAll(founders);
        append(texts, states);
        return texts.toArray(String[]::new);
    }

    public static JournalRequest decode(String[] texts) {
        Kind kind = Kind.valueOf(texts[0]);
        long incarnation = Long.parseLong(texts[1]);
        return switch (kind) {
            case READ -> read(incarnation, texts[2], texts[HEAD]);
            case PREPARE -> prepare(incarnation, texts[2], new TreeSet<>(List.of(texts).subList(HEAD, texts.length)));
            default -> new JournalRequest(kind, incarnation, texts[2], states(texts, HEAD));
        };
    }

    static void append(List<String> texts, Map<String, RegisterState> states) {
        states.forEach((key, state) -> {
            texts.add(key);
            texts.add(state.encode());
        });
    }

    static SortedMap<String, RegisterState> states(String[] texts, int from) {
        SortedMap<String, RegisterState> states = new TreeMap<>();
        for (int i = from; i + 1 < texts.length; i += 2) {
            states.put(texts[i], RegisterState.decode(texts[i + 1]));
        }
        return states;
    }
}
