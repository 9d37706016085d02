package io.millrace.transaction.coordinator;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.nio.charset.StandardCharsets;

/**
 * Which texts may be transactional ids. Kafka takes any; here paths name them, of their requests and of those of operators, and
 * an id that no path can carry could be neither ended nor looked at.
 */
final class TransactionalIds {
    private TransactionalIds() {
    }

    /** @throws BrokerException INVALID_REQUEST */
    static void check(String id) {
        if (!isText(id)) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "a transactional id is a text of 1 to " + TransactionOptions.MAX_ID_LENGTH
                    + " characters");
        } else if (!isCarriedByPaths(id)) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "a transactional id must not be . or .., nor blank, nor begin with a"
                    + " semicolon, nor have a slash, a backslash or a control character, because no path could carry it: choose"
                    + " another one");
        }
    }

    /** Whether it can be written, and is not too long. */
    static boolean isText(String text) {
        return !text.isEmpty() && text.length() <= TransactionOptions.MAX_ID_LENGTH
                && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    private static boolean isCarriedByPaths(String id) {
        return !id.isBlank() && !id.equals(".") && !id.equals("..") && !id.startsWith(";")
                && id.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c));
    }
}
