package io.millrace.rest.dialect;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A media type as a Content-Type names it, or one element of an Accept header. Types are compared without regard to case, so they
 * are kept in lower case; parameters other than charset and q say nothing here.
 *
 * @param charset     in lower case, or null
 * @param thousandths how much it is wanted, 0 (not at all) to 1000
 */
public record MediaRange(String type, String subtype, String charset, int thousandths) {
    private static final int WANTED = 1000;
    private static final String ANY = "*";
    private static final Set<String> UTF_8 = Set.of("utf-8", "utf8");

    /** Takes everything. */
    static final MediaRange ANYTHING = new MediaRange(ANY, ANY, null, WANTED);

    /**
     * @param header the value of a Content-Type
     * @throws RequestException 415 when it is not a media type, or says that the text is in something else than UTF-8
     */
    public static MediaRange contentType(String header) {
        try {
            Scanner scanner = new Scanner(header);
            MediaRange type = scanner.element(false);
            scanner.requireEnd();
            if (type.charset != null && !UTF_8.contains(type.charset)) {
                throw RequestException.unsupportedMediaType("the body must be UTF-8, not " + Scanner.quoted(type.charset) + "; write for instance "
                        + MediaTypes.JSON_RECORDS);
            }
            return type;
        } catch (MalformedHeader e) {
            throw RequestException.unsupportedMediaType("the header Content-Type is no media type (" + e.getMessage()
                    + "); write for instance " + MediaTypes.JSON_RECORDS);
        }
    }

    /**
     * @param header the value of an Accept
     * @return in the order of the header
     * @throws RequestException 400 when it is not a list of media types
     */
    static List<MediaRange> accepted(String header) {
        try {
            return new Scanner(header).elements();
        } catch (MalformedHeader e) {
            throw RequestException.badRequest("the header Accept is no list of media types (" + e.getMessage()
                    + "); write for instance " + MediaTypes.DIALECT + ", */*;q=0.5");
        }
    }

    /** Whether a type without wildcards is among what this stands for. */
    boolean covers(String mediaType) {
        return isAnything() || mediaType.startsWith(type + "/") && (subtype.equals(ANY) || mediaType.endsWith("/" + subtype));
    }

    boolean isAnything() {
        return type.equals(ANY);
    }

    /** 0 for anything, 1 for any subtype, 2 for one type. */
    int precision() {
        return isAnything() ? 0 : subtype.equals(ANY) ? 1 : 2;
    }

    /** As a header has it, without what says nothing here. */
    public String text() {
        String quality = thousandths == WANTED ? "" : String.format(Locale.ROOT, ";q=%d.%03d", thousandths / WANTED,
                thousandths % WANTED);
        return type + "/" + subtype + (charset == null ? "" : ";charset=" + charset) + quality;
    }

    private static final class MalformedHeader extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedHeader(String message) {
            super(message, null, false, false);
        }
    }

    /** Goes through a header's value; a character or two of whitespace is allowed wherever it does no harm. */
    private static final class Scanner {
        private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

        private final String text;
        private int at;

        Scanner(String text) {
            this.text = text;
        }

        List<MediaRange> elements() throws MalformedHeader {
            List<MediaRange> found = new ArrayList<>();
            do {
                skipSpace();
                // nothing between two commas is allowed, as in every list of HTTP
                if (at < text.length() && text.charAt(at) != ',') {
                    found.add(element(true));
                }
            } while (take(','));
            requireEnd();
            return found;
        }

        /** @param range whether wildcards and a q are allowed */
        MediaRange element(boolean range) throws MalformedHeader {
            skipSpace();
            String type = token();
            String subtype;
            if (take('/')) {
                subtype = token();
            } else if (range && type.equals(ANY)) {
                // as some clients write it
                subtype = ANY;
            } else {
                throw unexpected("a slash");
            }
            if (!range && (type.equals(ANY) || subtype.equals(ANY)) || type.equals(ANY) && !subtype.equals(ANY)) {
                throw new MalformedHeader(type + "/" + subtype + " is none");
            }
            String charset = null;
            int thousandths = WANTED;
            while (take(';')) {
                skipSpace();
                if (at == text.length() || text.charAt(at) == ';' || text.charAt(at) == ',') {
                    continue;
                }
                String name = token();
                String value = take('=') ? value() : "";
                if (range && name.equals("q")) {
                    thousandths = quality(value);
                } else if (name.equals("charset")) {
                    charset = value.toLowerCase(Locale.ROOT);
                }
            }
            return new MediaRange(type, subtype, charset, thousandths);
        }

        private static int quality(String value) throws MalformedHeader {
            if (!value.matches("[0-9]{0,10}(\\.[0-9]{0,30})?") || value.isEmpty() || value.equals(".")) {
                throw new MalformedHeader("q must be a number from 0 to 1, not \"" + quoted(value) + "\"");
            }
            double quality = Double.parseDouble("0" + value);
            if (quality > 1) {
                throw new MalformedHeader("q must be a number from 0 to 1, not \"" + quoted(value) + "\"");
            }
            return quality == 0 ? 0 : Math.max(1, (int) (quality * WANTED));
        }

        private String value() throws MalformedHeader {
            if (!take('"')) {
                return token();
            }
            StringBuilder value = new StringBuilder();
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c == '"') {
                    return value.toString();
                }
                if (c == '\\' && at < text.length()) {
                    c = text.charAt(at++);
                }
                value.append(c);
            }
            throw new MalformedHeader("a quotation mark is missing");
        }

        private String token() throws MalformedHeader {
            int from = at;
            while (at < text.length() && isOfToken(text.charAt(at))) {
                at++;
            }
            if (at == from) {
                throw unexpected("a word");
            }
            return text.substring(from, at).toLowerCase(Locale.ROOT);
        }

        private static boolean isOfToken(char c) {
            return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || TOKEN_MARKS.indexOf(c) >= 0;
        }

        private boolean take(char wanted) {
            skipSpace();
            if (at < text.length() && text.charAt(at) == wanted) {
                at++;
                return true;
            }
            return false;
        }

        private void skipSpace() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
                at++;
            }
        }

        void requireEnd() throws MalformedHeader {
            skipSpace();
            if (at < text.length()) {
                throw unexpected("its end");
            }
        }

        private MalformedHeader unexpected(String wanted) {
            return new MalformedHeader(wanted + " is missing " + (at == text.length() ? "at the end"
                    : "before \"" + quoted(text.substring(at)) + "\""));
        }

        private static String quoted(String value) {
            return value.length() <= 30 ? value : value.substring(0, 30) + "...";
        }
    }
}
