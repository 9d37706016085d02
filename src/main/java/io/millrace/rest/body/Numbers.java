package io.millrace.rest.body;

import io.millrace.rest.dialect.RequestException;

/** Whole numbers in paths, queries and headers: decimal digits only. */
public final class Numbers {
    private static final int QUOTED_CHARACTERS = 60;

    private Numbers() {
    }

    /** The number, or -1 when the text is not one of 0 to {@link Long#MAX_VALUE}. */
    public static long parse(String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            // only digits, so it is too large
            return -1;
        }
    }

    /** @throws RequestException 400 when the path's partition is not a number of 0 to {@link Integer#MAX_VALUE} */
    public static int partition(String text) {
        return inPath("partition", text);
    }

    /** @throws RequestException 400 when the path's broker is not a number of 0 to {@link Integer#MAX_VALUE} */
    public static int broker(String text) {
        return inPath("broker", text);
    }

    /**
     * The number that a client's header says.
     *
     * @param text the header's value, or null
     * @return null when there is none
     * @throws RequestException 400 when it is not one of 0 to {@link Long#MAX_VALUE}
     */
    public static Long inHeader(String name, String text) {
        if (text == null) {
            return null;
        }
        long number = parse(text.strip());
        if (number < 0) {
            throw RequestException.badRequest("the header " + name + " must be a number from 0 to " + Long.MAX_VALUE + ", not \""
                    + quoted(text) + "\"");
        }
        return number;
    }

    private static int inPath(String what, String text) {
        long number = parse(text);
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw RequestException.badRequest("the " + what + " must be a number from 0 to " + Integer.MAX_VALUE
                    + ", not \"" + quoted(text) + "\"");
        }
        return (int) number;
    }

    /** A client's text as it may be repeated to it. */
    public static String quoted(String text) {
        return text.length() <= QUOTED_CHARACTERS ? text : text.substring(0, QUOTED_CHARACTERS) + "...";
    }
}
