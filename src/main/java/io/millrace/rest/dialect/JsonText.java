package io.millrace.rest.dialect;

import java.nio.charset.StandardCharsets;

/** Writes JSON strings (RFC 8259) with as few escapes as the grammar allows. */
final class JsonText {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    /** For each ASCII character: 0 as it is, -1 as \\u00xx, else the letter after the backslash. */
    private static final byte[] ESCAPE = new byte[128];

    static {
        for (int c = 0; c < 0x20; c++) {
            ESCAPE[c] = -1;
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

    static void string(GrowingBytes out, String text) {
        string(out, text.toCharArray(), 0, text.length());
    }

    /** A lone surrogate, which JSON's grammar allows and UTF-8 does not, is written as an escape. */
    static void string(GrowingBytes out, char[] chars, int from, int to) {
        out.put((byte) '"');
        out.ensure(to - from);
        int at = from;
        while (at < to) {
            byte[] array = out.array;
            int size = out.size;
            while (at < to && chars[at] < 0x80 && ESCAPE[chars[at]] == 0) {
                array[size++] = (byte) chars[at++];
            }
            out.size = size;
            if (at < to) {
                at += special(out, chars, at, to);
                out.ensure(to - at);
            }
        }
        out.put((byte) '"');
    }

    private static int special(GrowingBytes out, char[] chars, int at, int to) {
        char c = chars[at];
        if (c < 0x80) {
            escape(out, c);
            return 1;
        }
        int taken = Utf8.encodeOne(out, chars, at, to);
        if (taken == 0) {
            unicodeEscape(out, c);
            return 1;
        }
        return taken;
    }

    /** The text in UTF-8 as a JSON string. @return false, with rubbish put, when the bytes are not UTF-8 */
    static boolean utf8String(GrowingBytes out, byte[] utf8, int from, int to) {
        out.put((byte) '"');
        out.ensure(to - from);
        int at = from;
        while (at < to) {
            byte[] array = out.array;
            int size = out.size;
            while (at < to && utf8[at] >= 0 && ESCAPE[utf8[at]] == 0) {
                array[size++] = utf8[at++];
            }
            out.size = size;
            if (at < to) {
                int length = Utf8.sequenceLength(utf8, at, to);
                if (length == 0) {
                    return false;
                }
                if (length == 1) {
                    escape(out, (char) utf8[at]);
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

    private static void escape(GrowingBytes out, char c) {
        if (ESCAPE[c] < 0) {
            unicodeEscape(out, c);
        } else {
            out.put((byte) '\\');
            out.put(ESCAPE[c]);
        }
    }

    private static void unicodeEscape(GrowingBytes out, char c) {
        out.put((byte) '\\');
        out.put((byte) 'u');
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.put(HEX[c >> shift & 0xf]);
        }
    }
}
