package io.millrace.rest.dialect;

import java.util.List;

/**
 * The header {@code Idempotency-Key} (draft-ietf-httpapi-idempotency-key-header): a string of RFC 8941, which is in double quotes,
 * or, as many clients write it, the bare text, which is the same key.
 */
public final class KeyHeader {
    public static final String NAME = "Idempotency-Key";
    /** In an answer: it was given before. */
    public static final String REPLAYED = "Idempotency-Replayed";

    private static final char QUOTE = '"';
    private static final char ESCAPE = '\\';

    private KeyHeader() {
    }

    /**
     * @param values of the header in a request, or null
     * @return the key, unchecked; null when there is none
     * @throws RequestException 400 when it is there twice, or begins as a string in quotes and is none
     */
    public static String text(List<String> values) {
        if (values == null || values.isEmpty()) {
            return null;
        } else if (values.size() > 1) {
            throw RequestException.badRequest("the header " + NAME + " is there " + values.size() + " times");
        }
        String text = values.get(0).strip();
        return text.isEmpty() || text.charAt(0) != QUOTE ? text : unquoted(text);
    }

    private static String unquoted(String text) {
        StringBuilder key = new StringBuilder();
        for (int at = 1; at < text.length(); at++) {
            char next = text.charAt(at);
            if (next == QUOTE && at == text.length() - 1) {
                return key.toString();
            } else if (next == QUOTE) {
                break;
            } else if (next == ESCAPE && ++at < text.length()) {
                next = text.charAt(at);
                if (next != QUOTE && next != ESCAPE) {
                    break;
                }
            }
            key.append(next);
        }
        throw RequestException.badRequest("the header " + NAME + " begins with a double quote, and must then be one text in double"
                + " quotes, in which \\\" stands for such a quote and \\\\ for a backslash");
    }
}
