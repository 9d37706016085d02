package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which life of the agreement this is: CP forgets, and is filled anew from the journals under the next number.
 *
 * @param number from 1
 * @param active whether it is filled; else it is being restored
 * @param by     the restoring broker's session
 */
public record Incarnation(long number, boolean active, String by) {
    /** Its name in the agreement. */
    public static final String NAME = "incarnation";
    private static final Pattern TEXT = Pattern.compile("(active|restoring) ([1-9][0-9]{0,18}) by (\\S+)");

    /** @return null when the text is: the agreement holds nothing yet */
    public static Incarnation decode(String text) {
        if (text == null) {
            return null;
        }
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new RegisterUnavailableException("not an incarnation of the agreement: " + text, null);
        }
        return new Incarnation(Long.parseLong(matcher.group(2)), matcher.group(1).equals("active"), matcher.group(3));
    }

    public String encode() {
        return (active ? "active " : "restoring ") + number + " by " + by;
    }
}
