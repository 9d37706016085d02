package io.millrace.group.membership;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;

/** Which texts may name groups and their members: what can be part of a URL and of a register's key. */
public final class GroupNames {
    public static final int MAX_LENGTH = 249;

    private GroupNames() {
    }

    /** @throws BrokerException INVALID_CONSUMER */
    public static String check(String what, String name) {
        if (!isLegal(name)) {
            throw new BrokerException(ErrorKind.INVALID_CONSUMER, what + " must have 1 to " + MAX_LENGTH
                    + " characters, not all of them blank, none of them a slash, a backslash, a control character or beyond the"
                    + " Basic Multilingual Plane, and must not be . or ..");
        }
        return name;
    }

    /**
     * As {@link #check}, for a name that somebody is to have from now on: a path cannot carry one that begins with a semicolon,
     * even when that is written as %3B.
     *
     * @throws BrokerException INVALID_CONSUMER
     */
    public static String checkNew(String what, String name) {
        if (name != null && name.startsWith(";")) {
            throw new BrokerException(ErrorKind.INVALID_CONSUMER, what + " must not begin with a semicolon, because no path could"
                    + " carry it: choose another one");
        }
        return check(what, name);
    }

    public static boolean isLegal(String name) {
        return name != null && !name.isBlank() && name.length() <= MAX_LENGTH && !name.equals(".") && !name.equals("..")
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c)
                || Character.isSurrogate((char) c));
    }
}
