package io.millrace.rest.entry;

import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Path and query of a request as it wrote them: what a URI may not have there is refused, so that nobody reads it in two ways. */
final class RequestTarget {
    /** Beside letters and digits. */
    private static final String PATH_MARKS = "/-._~!$&'()*+,;=:@";
    private static final String QUERY_MARKS = PATH_MARKS + "?";

    private static final Pattern DOTS = Pattern.compile("(?:^|/)\\.\\.?(?:/|$)");

    private RequestTarget() {
    }

    /**
     * @param query null: there is none
     * @return the path, decoded
     * @throws RequestException 400 for characters that must be percent-encoded, and for what cannot be decoded
     */
    static String check(String path, String query) {
        if (query != null) {
            decoded("query", query, QUERY_MARKS);
        }
        String decoded = decoded("path", path, PATH_MARKS);
        if (DOTS.matcher(decoded).find()) {
            throw RequestException.badRequest("the path has a part . or .., which others would take for another path: write what is meant");
        }
        return decoded;
    }

    /** The path as it is written, from the slash after the application's own path on. */
    static String path(HttpServletRequest request) {
        String path = request.getRequestURI();
        String root = request.getContextPath();
        int at = 0;
        // by segments, as a client may write the application's path in another way than it is known here
        for (int i = 0; root != null && i < root.length() && at >= 0; i++) {
            at = root.charAt(i) == '/' ? path.indexOf('/', at + 1) : at;
        }
        return at < 0 ? "/" : path.substring(at);
    }

    private static String decoded(String what, String text, String marks) {
        ByteBuffer bytes = ByteBuffer.allocate(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                bytes.put(octet(what, text, i + 1));
                i += 2;
            } else if (c < 0x80 && (Character.isLetterOrDigit(c) || marks.indexOf(c) >= 0)) {
                bytes.put((byte) c);
            } else {
                throw RequestException.badRequest("the " + what + " has a character that a URI may not have there: percent-encode"
                        + " byte " + (i + 1) + " of it, and all like it");
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw RequestException.badRequest("the " + what + " has percent-encoded bytes that are not UTF-8");
        }
    }

    private static byte octet(String what, String text, int at) {
        int high = at + 1 < text.length() ? Character.digit(text.charAt(at), 16) : -1;
        int low = high < 0 ? -1 : Character.digit(text.charAt(at + 1), 16);
        if (low < 0) {
            throw RequestException.badRequest("the " + what + " has a % that two hexadecimal digits do not follow: write %25");
        }
        return (byte) (high * 16 + low);
    }
}
