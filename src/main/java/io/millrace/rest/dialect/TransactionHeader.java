package io.millrace.rest.dialect;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The header {@code Millrace-Transaction: <transactional id>;epoch=<n>}, which says what transaction records are part of. The id
 * is UTF-8 in which everything but visible ASCII, and {@code %} and {@code ;}, is percent-encoded (RFC 3986).
 *
 * @param epoch of the producer; may be missing where record batches say it themselves
 */
public record TransactionHeader(String transactionalId, OptionalInt epoch) {
    public static final String NAME = "Millrace-Transaction";

    private static final String EPOCH = "epoch=";
    private static final int MAX_CHARS = 255;
    private static final String ESCAPED = "%;";

    /** Of record batches. */
    public static TransactionHeader of(String transactionalId) {
        return new TransactionHeader(transactionalId, OptionalInt.empty());
    }

    /**
     * @param values of the header in a request, or null
     * @return empty: it is not there
     * @throws RequestException 400 when it is there twice, or is not as it should be
     */
    public static Optional<TransactionHeader> parse(List<String> values) {
        if (values == null || values.isEmpty()) {
            return Optional.empty();
        } else if (values.size() > 1) {
            throw RequestException.badRequest("the header " + NAME + " is there " + values.size() + " times");
        }
        String text = values.get(0).strip();
        int end = text.indexOf(';');
        String id = decoded(end < 0 ? text : text.substring(0, end).strip());
        if (id.isEmpty() || id.length() > MAX_CHARS) {
            throw RequestException.badRequest("the header " + NAME + " names a transactional id of " + id.length()
                    + " characters, and 1 to " + MAX_CHARS + " are allowed");
        }
        return Optional.of(new TransactionHeader(id, end < 0 ? OptionalInt.empty() : epoch(text.substring(end + 1).strip())));
    }

    private static OptionalInt epoch(String parameter) {
        String number = parameter.startsWith(EPOCH) ? parameter.substring(EPOCH.length()) : "";
        boolean isNumber = !number.isEmpty() && number.length() <= 5 && number.chars().allMatch(each -> each >= '0' && each <= '9');
        if (!isNumber || Integer.parseInt(number) > Short.MAX_VALUE) {
            throw RequestException.badRequest("the header " + NAME + " is <transactional id>;" + EPOCH + "<0 to " + Short.MAX_VALUE
                    + ">, and ends with ';" + parameter + "'");
        }
        return OptionalInt.of(Integer.parseInt(number));
    }

    /** The header's value. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (byte each : transactionalId.getBytes(StandardCharsets.UTF_8)) {
            if (each > ' ' && each < 0x7F && ESCAPED.indexOf(each) < 0) {
                text.append((char) each);
            } else {
                text.append('%').append("%02X".formatted(each));
            }
        }
        epoch.ifPresent(number -> text.append(';').append(EPOCH).append(number));
        return text.toString();
    }

    private static String decoded(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int at = 0; at < text.length(); at++) {
            char next = text.charAt(at);
            if (next != '%') {
                bytes.writeBytes(String.valueOf(next).getBytes(StandardCharsets.UTF_8));
            } else {
                bytes.write(digit(text, at + 1) << 4 | digit(text, at + 2));
                at += 2;
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
        } catch (CharacterCodingException e) {
            throw RequestException.badRequest("the transactional id in the header " + NAME + " is not UTF-8, percent-encoded");
        }
    }

    private static int digit(String text, int at) {
        int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
        if (digit < 0) {
            throw RequestException.badRequest("the transactional id in the header " + NAME + " has a '%' that two hexadecimal digits"
                    + " do not follow: write %25 for the character itself");
        }
        return digit;
    }
}
