package io.millrace.rest.dialect;

import java.nio.charset.StandardCharsets;

/** Writes JSON strings (RFC 8259) with as few escapes as the grammar allows. */
final class JsonText {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte AS_IT_IS = 0;
    private static final byte BY_NUMBER = -1;
    /** For each ASCII character how it is written, or the letter after the backslash. */
    private static final byte[] ESCAPE = new byte[128];

    static {
        for (int c = 0; c < 0x20; c++) {
            ESCAPE[c] = BY_NUMBER;
        }
        ESCAPE['"'] = '"';
        ESCAPE['\\'] = '\\';
        ESCAPE['\b'] = 'b';
        ESCAPE['\f'] = 'f';
        ESCAPE['\n'] = 'n';
        ESCAPE['\r'] = 'r';
        ESCAPE['\t'] = 't';
    }

    private JsonText() {
    }

    static void string(ReusedBytes out, String text) {
        out.put((byte) '"');
        text.codePoints().forEach(codePoint -> character(out, codePoint));
        out.put((byte) '"');
    }

    /** Puts one character of a string. A lone surrogate, which JSON's grammar allows and UTF-8 does not, is escaped. */
    static void character(ReusedBytes out, int codePoint) {
        if (codePoint >= 0x80) {
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                escapeByNumber(out, codePoint);
            } else {
                Utf8.put(out, codePoint);
            }
        } else if (ESCAPE[codePoint] == AS_IT_IS) {
            out.put((byte) codePoint);
        } else if (ESCAPE[codePoint] == BY_NUMBER) {
            escapeByNumber(out, codePoint);
        } else {
            out.put((byte) '\\');
            out.put(ESCAPE[codePoint]);
        }
    }

    /** The text in UTF-8 as a JSON string. @return false, with rubbish put, when the bytes are not UTF-8 */
    static boolean utf8String(ReusedBytes out, byte[] utf8, int from, int to) {
        out.put((byte) '"');
        out.ensure(to - from);
        int at = from;
        while (at < to) {
            byte[] array = out.array;
            int size = out.size;
            while (at < to && utf8[at] >= 0 && ESCAPE[utf8[at]] == AS_IT_IS) {
                array[size++] = utf8[at++];
            }
            out.size = size;
            if (at < to) {
                int length = Utf8.sequenceLength(utf8, at, to);
                if (length == 0) {
                    return false;
                }
                if (length == 1) {
                    character(out, utf8[at]);
                } else {
                    out.put(utf8, at, length);
                }
                at += length;
                out.ensure(to - at);
            }
        }
        out.put((byte) '"');
        return true;
    }

    private static void escapeByNumber(ReusedBytes out, int c) {
        out.put((byte) '\\');
        out.put((byte) 'u');
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.put(HEX[c >> shift & 0xf]);
        }
    }
}
