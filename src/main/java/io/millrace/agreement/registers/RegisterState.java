package io.millrace.agreement.registers;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is agreed on and journalled about one register. It has exactly one text: a compare-and-set compares texts, and a
 * person can read them. The value stands in the text as it came, so that it is returned to the letter.
 *
 * <p>States of one register are ordered by incarnation, then version: the agreement is built anew with a higher
 * incarnation after it was lost, and what an earlier one did not hand over does not count.
 *
 * @param incarnation of the agreement it was made or restored in; 0: before there were incarnations
 * @param version     from 1; grows across incarnations
 * @param changeId    of the one call that made this version; tells it from a rival's that wrote an equal value
 * @param value       JSON, or null: deleted
 */
public record RegisterState(long incarnation, long version, String changeId, String value) {
    private static final Pattern TEXT = Pattern.compile(
        "\\{(?:\"incarnation\":([1-9][0-9]{0,18}),)?"
            + "\"version\":([1-9][0-9]{0,18}),\"change\":\"([0-9a-z-]+)\",(?:\"value\":(.+)|\"deleted\":true)}",
        Pattern.DOTALL);

    public RegisterState(long version, String changeId, String value) {
        this(0, version, changeId, value);
    }

    /** @throws IllegalArgumentException when the text is not one of a register's state */
    public static RegisterState decode(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not the state of a register: " + beginningOf(text));
        }
        long incarnation = matcher.group(1) == null ? 0 : Long.parseLong(matcher.group(1));
        return new RegisterState(incarnation, Long.parseLong(matcher.group(2)), matcher.group(3), matcher.group(4));
    }

    public String encode() {
        String begin = incarnation == 0 ? "{" : "{\"incarnation\":" + incarnation + ",";
        String head = begin + "\"version\":" + version + ",\"change\":\"" + changeId + "\",";
        return value == null ? head + "\"deleted\":true}" : head + "\"value\":" + value + "}";
    }

    public boolean isNewerThan(RegisterState other) {
        return incarnation != other.incarnation ? incarnation > other.incarnation : version > other.version;
    }

    /** The same change as part of another incarnation. */
    public RegisterState in(long otherIncarnation) {
        return new RegisterState(otherIncarnation, version, changeId, value);
    }

    public boolean exists() {
        return value != null;
    }

    private static String beginningOf(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }
}
