package io.millrace.rest.dialect;

/** Takes the escapes out of JSON strings that a {@link JsonCursor} has passed. */
final class JsonEscapes {
    private JsonEscapes() {
    }

    /**
     * Puts the UTF-8 text of a string.
     *
     * @param from after the opening quote
     * @param to   before the closing quote
     * @return false, with rubbish put, when a surrogate stands alone, which UTF-8 cannot carry
     */
    static boolean putText(ReusedBytes out, byte[] text, int from, int to) {
        for (int at = from; at < to;) {
            if (text[at] != '\\') {
                out.put(text[at++]);
                continue;
            }
            int codePoint = codePoint(text, at, to);
            if (isSurrogate(codePoint)) {
                return false;
            }
            Utf8.put(out, codePoint);
            at += length(text, at, codePoint);
        }
        return true;
    }

    /**
     * Puts a value without space and with no more escapes than JSON needs, so that equal keys are stored, and hashed,
     * alike however they were written. Numbers stay as they are; so does a lone surrogate's escape.
     */
    static void putCompact(ReusedBytes out, byte[] text, int from, int to) {
        boolean inString = false;
        for (int at = from; at < to;) {
            byte b = text[at];
            if (inString && b == '\\') {
                int codePoint = codePoint(text, at, to);
                JsonText.character(out, codePoint);
                at += length(text, at, codePoint);
                continue;
            }
            if (b == '"') {
                inString = !inString;
            }
            // between strings all control characters and blanks are space, in strings there are no control characters
            if (inString || b < 0 || b > ' ') {
                out.put(b);
            }
            at++;
        }
    }

    /** What the escape at this index stands for: a surrogate's own code when it is not half of a pair. */
    private static int codePoint(byte[] text, int at, int to) {
        return switch (text[at + 1]) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> pairedCodePoint(text, at, to);
            default -> text[at + 1];
        };
    }

    private static int pairedCodePoint(byte[] text, int at, int to) {
        char first = hex(text, at + 2);
        if (Character.isHighSurrogate(first) && at + 12 <= to && text[at + 6] == '\\' && text[at + 7] == 'u') {
            char second = hex(text, at + 8);
            if (Character.isLowSurrogate(second)) {
                return Character.toCodePoint(first, second);
            }
        }
        return first;
    }

    private static int length(byte[] text, int at, int codePoint) {
        return text[at + 1] != 'u' ? 2 : codePoint < Character.MIN_SUPPLEMENTARY_CODE_POINT ? 6 : 12;
    }

    private static char hex(byte[] text, int at) {
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            value = value << 4 | Character.digit(text[i], 16);
        }
        return (char) value;
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
