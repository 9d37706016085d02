package io.millrace.rest.dialect;

import java.util.Arrays;

/**
 * Base64 (RFC 4648, section 4) in place; the platform's coder would copy each record's
 * content twice, because it takes whole arrays only.
 */
final class Base64Text {
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private static final byte[] DIGITS = new byte[64];
    private static final byte[] VALUES = new byte[128];

    static {
        Arrays.fill(VALUES, (byte) -1);
        for (int i = 0; i < 64; i++) {
            DIGITS[i] = (byte) ALPHABET.charAt(i);
            VALUES[ALPHABET.charAt(i)] = (byte) i;
        }
    }

    private Base64Text() {
    }

    /** Decodes padded base64 without line breaks. @return false, with rubbish put, when it is not that */
    static boolean decode(ReusedBytes out, byte[] text, int from, int to) {
        int length = to - from;
        if (length == 0) {
            return true;
        }
        if (length % 4 != 0) {
            return false;
        }
        out.ensure(length / 4 * 3);
        int padding = text[to - 1] != '=' ? 0 : text[to - 2] != '=' ? 1 : 2;
        int whole = padding == 0 ? to : to - 4;
        byte[] array = out.array;
        int size = out.size;
        for (int at = from; at < whole; at += 4) {
            int bits = value(text[at]) << 18 | value(text[at + 1]) << 12 | value(text[at + 2]) << 6
                    | value(text[at + 3]);
            if (bits < 0) {
                return false;
            }
            array[size++] = (byte) (bits >> 16);
            array[size++] = (byte) (bits >> 8);
            array[size++] = (byte) bits;
        }
        if (padding > 0) {
            int third = padding == 1 ? value(text[to - 2]) : 0;
            int bits = value(text[to - 4]) << 18 | value(text[to - 3]) << 12 | third << 6;
            if (bits < 0) {
                return false;
            }
            array[size++] = (byte) (bits >> 16);
            if (padding == 1) {
                array[size++] = (byte) (bits >> 8);
            }
        }
        out.size = size;
        return true;
    }

    /** 0 to 63, or -1, whose sign survives the shifts above. */
    private static int value(byte c) {
        return c >= 0 ? VALUES[c] : -1;
    }

    /** Puts the padded base64 of the bytes. */
    static void encode(ReusedBytes out, byte[] bytes, int from, int to) {
        int length = to - from;
        out.ensure(Math.toIntExact((length + 2L) / 3 * 4));
        byte[] array = out.array;
        int size = out.size;
        int at = from;
        for (; at + 3 <= to; at += 3) {
            int bits = (bytes[at] & 0xff) << 16 | (bytes[at + 1] & 0xff) << 8 | bytes[at + 2] & 0xff;
            array[size++] = DIGITS[bits >> 18];
            array[size++] = DIGITS[bits >> 12 & 0x3f];
            array[size++] = DIGITS[bits >> 6 & 0x3f];
            array[size++] = DIGITS[bits & 0x3f];
        }
        if (at < to) {
            boolean two = at + 1 < to;
            int bits = (bytes[at] & 0xff) << 16 | (two ? (bytes[at + 1] & 0xff) << 8 : 0);
            array[size++] = DIGITS[bits >> 18];
            array[size++] = DIGITS[bits >> 12 & 0x3f];
            array[size++] = two ? DIGITS[bits >> 6 & 0x3f] : (byte) '=';
            array[size++] = '=';
        }
        out.size = size;
    }
}
