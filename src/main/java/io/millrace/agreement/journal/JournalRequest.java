package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one broker asks of another's journal.
 *
 * @param incarnation that it speaks for
 * @param owner       who leads that incarnation's restoration
 * @param after       of READ: the last key that is known; empty: none
 * @param states      by key
 */
public record JournalRequest(Kind kind, long incarnation, String owner, String after,
                             SortedMap<String, RegisterState> states) {
    /** What becomes of the request; see {@link JournalGuard}. */
    public enum Kind {
        /** Tells the standing and changes nothing. */
        INSPECT,
        /** Promises the incarnation to its owner. */
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
        this(kind, incarnation, owner, "", states);
    }

    public static JournalRequest of(Kind kind, long incarnation, String owner) {
        return new JournalRequest(kind, incarnation, owner, Collections.emptySortedMap());
    }

    public static JournalRequest read(long incarnation, String owner, String after) {
        return new JournalRequest(Kind.READ, incarnation, owner, after, Collections.emptySortedMap());
    }

    public String[] encode() {
        List<String> texts = new ArrayList<>(List.of(kind.name(), Long.toString(incarnation), owner));
        if (kind == Kind.READ) {
            texts.add(after);
        }
        append(texts, states);
        return texts.toArray(String[]::new);
    }

    public static JournalRequest decode(String[] texts) {
        Kind kind = Kind.valueOf(texts[0]);
        return new JournalRequest(kind, Long.parseLong(texts[1]), texts[2], kind == Kind.READ ? texts[HEAD] : "",
            states(texts, HEAD));
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
