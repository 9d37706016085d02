package io.millrace.cluster;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is agreed on and journalled about one register. It has exactly one text: a compare-and-set compares texts, and a
 * person can read them. The value stands in the text as it came, so that it is returned to the letter.
 *
 * @param version  from 1
 * @param changeId of the one call that made this version; tells it from a rival's that wrote an equal value
 * @param value    JSON, or null: deleted
 */
record RegisterState(long version, String changeId, String value) {
    private static final Pattern TEXT = Pattern.compile(
        "\\{\"version\":([1-9][0-9]{0,18}),\"change\":\"([0-9a-z-]+)\",(?:\"value\":(.+)|\"deleted\":true)}",
        Pattern.DOTALL);

    /** @throws IllegalArgumentException when the text is not one of a register's state */
    static RegisterState decode(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not the state of a register: " + beginningOf(text));
        }
        return new RegisterState(Long.parseLong(matcher.group(1)), matcher.group(2), matcher.group(3));
    }

    String encode() {
        String head = "{\"version\":" + version + ",\"change\":\"" + changeId + "\",";
        return value == null ? head + "\"deleted\":true}" : head + "\"value\":" + value + "}";
    }

    boolean exists() {
        return value != null;
    }

    private static String beginningOf(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }
}
