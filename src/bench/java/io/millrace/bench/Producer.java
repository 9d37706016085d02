package io.millrace.bench;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who makes records, as the servers tell it in JSON. */
record Producer(long id, short epoch) {
    private static final Pattern ID = Pattern.compile("\"producer_id\":(\\d+)");
    private static final Pattern EPOCH = Pattern.compile("\"producer_epoch\":(\\d+)");

    static Producer in(String answer) {
        return new Producer(number(ID, answer), (short) number(EPOCH, answer));
    }

    private static long number(Pattern field, String answer) {
        Matcher found = field.matcher(answer);
        if (!found.find()) {
            throw new IllegalStateException("no " + field + " in the answer " + answer);
        }
        return Long.parseLong(found.group(1));
    }
}
