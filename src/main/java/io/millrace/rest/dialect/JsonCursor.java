package io.millrace.rest.dialect;

/**
 * Walks over JSON text (RFC 8259, strict UTF-8, no byte order mark) in an array, token by token, copying nothing: what
 * it passes over stays where it is and is checked. Record lists are read, and stored values checked, at the speed of
 * looking at each byte once; a parser that makes characters of them costs several times as much. Reusable, not
 * thread-safe.
 */
public final class JsonCursor {
    /** Arrays and objects nested deeper are refused. */
    public static final int MAX_NESTING = 500;

    /** The text is not JSON; the message says where and why. It tells of the text, so it carries no stack trace. */
    public static final class MalformedJson extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private MalformedJson(String message) {
            super(message, null, false, false);
        }
    }

    /** Bytes that stand in a string for themselves: ASCII but quote, backslash and control characters. */
    private static final boolean[] PLAIN = new boolean[256];

    static {
        for (int b = 0x20; b < 0x80; b++) {
            PLAIN[b] = b != '"' && b != '\\';
        }
    }

    private byte[] bytes;
    private int begin;
    private int end;
    private int at;
    private int stringFrom;
    private int stringTo;
    private boolean escaped;
    /** Whether neither space nor escape was passed since {@link #value} began. */
    private boolean compact;

    /** Begins at the front of these bytes. */
    public JsonCursor on(byte[] text, int from, int to) {
        bytes = text;
        begin = from;
        at = from;
        end = to;
        return this;
    }

    /** Whether the bytes are one JSON value and nothing else but space. */
    public boolean isValue(byte[] text, int from, int to) {
        try {
            on(text, from, to).value();
            end();
            return true;
        } catch (MalformedJson e) {
            return false;
        }
    }

    byte[] bytes() {
        return bytes;
    }

    /** Index of the next byte. */
    int at() {
        return at;
    }

    /** The next byte that is not space, 0 to 255, or -1 at the end; stays before it. */
    int peek() {
        while (at < end) {
            int b = bytes[at];
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b & 0xff;
            }
            at++;
            compact = false;
        }
        return -1;
    }

    /** Passes this character when it is next. */
    boolean take(char wanted) {
        if (peek() == wanted) {
            at++;
            return true;
        }
        return false;
    }

    void expect(char wanted) {
        if (!take(wanted)) {
            throw unexpected("'" + wanted + "'");
        }
    }

    /** Passes null when it is next. */
    boolean takeNull() {
        if (peek() != 'n') {
            return false;
        }
        word("null");
        return true;
    }

    /** @throws MalformedJson when anything but space follows */
    public void end() {
        if (peek() >= 0) {
            throw unexpected("the end");
        }
    }

    /** Passes a string, which is then at {@link #stringFrom} to {@link #stringTo}, without its quotes. */
    void string() {
        expect('"');
        stringFrom = at;
        escaped = false;
        while (true) {
            skipPlain();
            if (at == end) {
                throw malformed("a string does not end");
            }
            int b = bytes[at];
            if (b == '"') {
                break;
            } else if (b == '\\') {
                escape();
            } else {
                character();
            }
        }
        stringTo = at++;
        compact &= !escaped;
    }

    int stringFrom() {
        return stringFrom;
    }

    int stringTo() {
        return stringTo;
    }

    /** Whether the string that was passed last has escapes. */
    boolean stringIsEscaped() {
        return escaped;
    }

    /** Passes a value. @return whether its text has neither space nor escapes, and can be taken as it is */
    public boolean value() {
        peek();
        compact = true;
        value(0);
        return compact;
    }

    /**
     * Passes a value.
     *
     * @return it, when it is a whole number of 0 to {@link Long#MAX_VALUE} in digits only, else -1
     */
    long wholeNumber() {
        peek();
        int from = at;
        value();
        return digits(from, at);
    }

    /** As above, of text that was passed before. */
    long digits(int from, int to) {
        long number = from == to ? -1 : 0;
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9 || number > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private void value(int depth) {
        switch (peek()) {
            case '"' -> string();
            case '{' -> object(depth + 1);
            case '[' -> array(depth + 1);
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> throw unexpected("a value");
        }
    }

    private void object(int depth) {
        checkNesting(depth);
        at++;
        if (take('}')) {
            return;
        }
        do {
            string();
            expect(':');
            value(depth);
        } while (take(','));
        if (!take('}')) {
            throw unexpected("',' or '}'");
        }
    }

    private void array(int depth) {
        checkNesting(depth);
        at++;
        if (take(']')) {
            return;
        }
        do {
            value(depth);
        } while (take(','));
        if (!take(']')) {
            throw unexpected("',' or ']'");
        }
    }

    private void number() {
        next('-');
        if (!next('0')) {
            digits();
        }
        if (next('.')) {
            digits();
        }
        if (next('e') || next('E')) {
            if (!next('+')) {
                next('-');
            }
            digits();
        }
    }

    private void checkNesting(int depth) {
        if (depth > MAX_NESTING) {
            throw malformed("nested deeper than " + MAX_NESTING);
        }
    }

    private void skipPlain() {
        byte[] text = bytes;
        int to = end;
        int i = at;
        while (i < to && PLAIN[text[i] & 0xff]) {
            i++;
        }
        at = i;
    }

    private void escape() {
        escaped = true;
        int letter = at + 1 < end ? bytes[at + 1] : -1;
        if (letter == 'u') {
            for (int i = at + 2; i < at + 6; i++) {
                if (i >= end || Character.digit(bytes[i], 16) < 0) {
                    throw malformed("an escape \\u has four hexadecimal digits");
                }
            }
            at += 6;
        } else if ("\"\\/bfnrt".indexOf(letter) >= 0) {
            at += 2;
        } else {
            throw malformed("there is no such escape");
        }
    }

    private void character() {
        int length = Utf8.sequenceLength(bytes, at, end);
        if (length == 0) {
            throw malformed("this is not UTF-8");
        }
        if (length == 1) {
            throw malformed("a control character in a string must be escaped");
        }
        at += length;
    }

    private void digits() {
        int from = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        if (at == from) {
            throw malformed("a digit is expected");
        }
    }

    private void word(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (!next(word.charAt(i))) {
                throw unexpected("a value");
            }
        }
    }

    /** Passes this very character. */
    private boolean next(char wanted) {
        if (at < end && bytes[at] == wanted) {
            at++;
            return true;
        }
        return false;
    }

    MalformedJson unexpected(String wanted) {
        return malformed((at == end ? "the text ends where " : "") + wanted + " is expected");
    }

    private MalformedJson malformed(String what) {
        int line = 1;
        int lineFrom = begin;
        for (int i = begin; i < at; i++) {
            if (bytes[i] == '\n') {
                line++;
                lineFrom = i + 1;
            }
        }
        return new MalformedJson("line " + line + ", byte " + (at - lineFrom + 1) + ": " + what);
    }
}
