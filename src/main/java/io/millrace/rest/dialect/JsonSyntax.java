package io.millrace.rest.dialect;

/**
 * Tells whether bytes are exactly one JSON value (RFC 8259) in UTF-8, so that they can stand in a response as they are.
 * A parser would do it too, but costs more than the rest of a record's way out. Reused, not thread-safe.
 */
public final class JsonSyntax {
    /** Values nested deeper are not given out as JSON: readers refuse them. */
    static final int MAX_NESTING = 500;

    private byte[] bytes;
    private int at;
    private int end;

    public boolean isValue(byte[] in, int from, int to) {
        bytes = in;
        at = from;
        end = to;
        skipSpace();
        boolean valid = value(0);
        skipSpace();
        bytes = null;
        return valid && at == end;
    }

    /** Where the last look ended: when it found no value, the index of the byte that cannot stand there. */
    public int position() {
        return at;
    }

    private boolean value(int depth) {
        if (at == end) {
            return false;
        }
        return switch (bytes[at]) {
            case '"' -> string();
            case '{' -> object(depth + 1);
            case '[' -> array(depth + 1);
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> number();
        };
    }

    private boolean object(int depth) {
        at++;
        if (depth > MAX_NESTING) {
            return false;
        }
        skipSpace();
        if (taken('}')) {
            return true;
        }
        do {
            skipSpace();
            if (at == end || bytes[at] != '"' || !string()) {
                return false;
            }
            skipSpace();
            if (!taken(':')) {
                return false;
            }
            skipSpace();
            if (!value(depth)) {
                return false;
            }
            skipSpace();
        } while (taken(','));
        return taken('}');
    }

    private boolean array(int depth) {
        at++;
        if (depth > MAX_NESTING) {
            return false;
        }
        skipSpace();
        if (taken(']')) {
            return true;
        }
        do {
            skipSpace();
            if (!value(depth)) {
                return false;
            }
            skipSpace();
        } while (taken(','));
        return taken(']');
    }

    private boolean string() {
        at++;
        while (at < end) {
            int b = bytes[at];
            if (b == '"') {
                at++;
                return true;
            }
            if (b == '\\') {
                if (!escape()) {
                    return false;
                }
            } else if (b >= 0x20) {
                at++;
            } else {
                int length = b >= 0 ? 0 : Utf8.sequenceLength(bytes, at, end);
                if (length == 0) {
                    return false;
                }
                at += length;
            }
        }
        return false;
    }

    private boolean escape() {
        at++;
        if (at == end) {
            return false;
        }
        byte letter = bytes[at++];
        if (letter != 'u') {
            return "\"\\/bfnrt".indexOf(letter) >= 0;
        }
        if (at + 4 > end) {
            return false;
        }
        for (int i = 0; i < 4; i++) {
            if (Character.digit(bytes[at++], 16) < 0) {
                return false;
            }
        }
        return true;
    }

    private boolean number() {
        taken('-');
        if (!taken('0') && !digits()) {
            return false;
        }
        if (taken('.') && !digits()) {
            return false;
        }
        if (at < end && (bytes[at] == 'e' || bytes[at] == 'E')) {
            at++;
            if (!taken('+')) {
                taken('-');
            }
            return digits();
        }
        return true;
    }

    private boolean digits() {
        int from = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        return at > from;
    }

    private boolean literal(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (!taken(word.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private boolean taken(char wanted) {
        if (at < end && bytes[at] == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private void skipSpace() {
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
            at++;
        }
    }
}
