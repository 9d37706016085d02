package io.millrace.metadata;

import java.util.regex.Pattern;

/**
 * Which names a topic may have. A name becomes part of a folder's name, so nothing that means something to a file
 * system gets through.
 */
public final class TopicName {
    public static final int MAX_LENGTH = 249;
    private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9._-]{1," + MAX_LENGTH + "}");
    private static final String RESERVED_PREFIX = "__";
    private static final int SHOWN = 60;

    private TopicName() {
    }

    /** @throws BrokerException INVALID_TOPIC_NAME */
    public static void check(String name) {
        if (!isLegal(name)) {
            String shown = name == null ? "null" : "'" + shortened(name) + "'";
            throw new BrokerException(ErrorKind.INVALID_TOPIC_NAME, shown + " is not a topic name: use 1 to "
                    + MAX_LENGTH + " of the characters a-z, A-Z, 0-9, '.', '_' and '-', and not '.' or '..'");
        }
        if (isInternal(name)) {
            throw new BrokerException(ErrorKind.INVALID_TOPIC_NAME,
                    "topic names that begin with '" + RESERVED_PREFIX + "' are reserved: choose another name than '"
                            + name + "'");
        }
    }

    /** Whether a topic can have this name, reserved or not. */
    public static boolean isLegal(String name) {
        return name != null && LEGAL.matcher(name).matches() && !name.equals(".") && !name.equals("..");
    }

    /** Whether only the cluster itself may make and change a topic of this name. */
    public static boolean isInternal(String name) {
        return name != null && name.startsWith(RESERVED_PREFIX);
    }

    /** @throws BrokerException INTERNAL_TOPIC when it is not for users to change */
    public static void requireOpen(String name) {
        if (isInternal(name)) {
            throw new BrokerException(ErrorKind.INTERNAL_TOPIC, "topic '%s' is the cluster's own: it can be read, and neither"
                    .formatted(shortened(name)) + " written nor changed; use the requests for consumer groups instead");
        }
    }

    /** As much of a name from outside as may go into a message. */
    public static String shortened(String name) {
        return name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "...";
    }
}
