package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;

/**
 * @param accepted whether the request was carried out, and durably
 * @param standing the journal's, after the request
 * @param origin   the journal's, where it is asked to be counted upon (INSPECT, PREPARE); else unknown
 * @param states   a page of them, when it was asked for; else none
 */
public record JournalReply(boolean accepted, Standing standing, JournalOrigin origin, SortedMap<String, RegisterState> states) {
    private static final int SHORT = 2;
    private static final int LONG = 4;

    JournalReply(boolean accepted, Standing standing) {
        this(accepted, standing, JournalOrigin.UNKNOWN, Collections.emptySortedMap());
    }

    public String[] encode() {
        List<String> texts = new ArrayList<>(List.of(Boolean.toString(accepted), standing.encode()));
        if (!origin.equals(JournalOrigin.UNKNOWN) || !states.isEmpty()) {
            texts.add(origin.journal());
            texts.add(JournalOrigin.encodeFounders(origin.founders()));
            JournalRequest.append(texts, states);
        }
        return texts.toArray(String[]::new);
    }

    public static JournalReply decode(String[] texts) {
        JournalOrigin origin = texts.length == SHORT ? JournalOrigin.UNKNOWN
            : new JournalOrigin(texts[SHORT], JournalOrigin.decodeFounders(texts[SHORT + 1]));
        return new JournalReply(Boolean.parseBoolean(texts[0]), Standing.decode(texts[1]), origin,
            JournalRequest.states(texts, LONG));
    }
}
