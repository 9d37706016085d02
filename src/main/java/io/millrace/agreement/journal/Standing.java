package io.millrace.agreement.journal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a journal has agreed to.
 *
 * @param promise the highest incarnation it has promised to; states of lower ones are refused
 * @param owner   who leads that incarnation's restoration
 * @param active  the highest incarnation of which it held every register when that became active; 0: none yet, so
 *                that its content is no proof of what was acknowledged
 */
public record Standing(long promise, String owner, long active) {
    static final Standing NONE = new Standing(0, "", 0);
    private static final Pattern TEXT =
        Pattern.compile("\\{\"promise\":([0-9]{1,19}),\"owner\":\"([^\"]*)\",\"active\":([0-9]{1,19})}");

    static Standing decode(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not the standing of a journal: " + text);
        }
        return new Standing(Long.parseLong(matcher.group(1)), matcher.group(2), Long.parseLong(matcher.group(3)));
    }

    String encode() {
        return "{\"promise\":" + promise + ",\"owner\":\"" + owner + "\",\"active\":" + active + "}";
    }
}
