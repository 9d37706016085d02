package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;

/**
 * @param accepted whether the request was carried out, and durably
 * @param standing the journal's, after the request
 * @param states   a page of them, when it was asked for; else none
 */
public record JournalReply(boolean accepted, Standing standing, SortedMap<String, RegisterState> states) {
    private static final int HEAD = 2;

    JournalReply(boolean accepted, Standing standing) {
        this(accepted, standing, Collections.emptySortedMap());
    }

    public String[] encode() {
        List<String> texts = new ArrayList<>(List.of(Boolean.toString(accepted), standing.encode()));
        JournalRequest.append(texts, states);
        return texts.toArray(String[]::new);
    }

    public static JournalReply decode(String[] texts) {
        return new JournalReply(Boolean.parseBoolean(texts[0]), Standing.decode(texts[1]),
            JournalRequest.states(texts, HEAD));
    }
}
