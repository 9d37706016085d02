package io.millrace.rest.dialect;

/** Strict UTF-8, by hand because the platform's coders work on whole buffers. */
final class Utf8 {
    private Utf8() {
    }

    /**
     * Bytes of the well-formed character that begins at {@code at} (1 to 4), or 0 when the bytes there are not UTF-8:
     * overlong forms, surrogates and code points above U+10FFFF are refused (Unicode, table 3-7).
     */
    static int sequenceLength(byte[] bytes, int at, int end) {
        int first = bytes[at];
        if (first >= 0) {
            return 1;
        }
        int lead = first & 0xff;
        if (lead >= 0xc2 && lead <= 0xdf) {
            return continues(bytes, at + 1, 1, end) ? 2 : 0;
        }
        if (lead >= 0xe0 && lead <= 0xef) {
            if (!continues(bytes, at + 1, 2, end)) {
                return 0;
            }
            int second = bytes[at + 1] & 0xff;
            boolean overlong = lead == 0xe0 && second < 0xa0;
            boolean surrogate = lead == 0xed && second > 0x9f;
            return overlong || surrogate ? 0 : 3;
        }
        if (lead >= 0xf0 && lead <= 0xf4) {
            if (!continues(bytes, at + 1, 3, end)) {
                return 0;
            }
            int second = bytes[at + 1] & 0xff;
            boolean overlong = lead == 0xf0 && second < 0x90;
            boolean tooHigh = lead == 0xf4 && second > 0x8f;
            return overlong || tooHigh ? 0 : 4;
        }
        return 0;
    }

    private static boolean continues(byte[] bytes, int at, int count, int end) {
        if (at + count > end) {
            return false;
        }
        for (int i = at; i < at + count; i++) {
            if ((bytes[i] & 0xc0) != 0x80) {
                return false;
            }
        }
        return true;
    }

    /** Puts one character, which is not a surrogate. */
    static void put(ReusedBytes out, int codePoint) {
        out.ensure(4);
        if (codePoint < 0x80) {
            out.array[out.size++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            out.array[out.size++] = (byte) (0xc0 | codePoint >> 6);
            out.array[out.size++] = (byte) (0x80 | codePoint & 0x3f);
        } else if (codePoint < 0x10000) {
            out.array[out.size++] = (byte) (0xe0 | codePoint >> 12);
            out.array[out.size++] = (byte) (0x80 | codePoint >> 6 & 0x3f);
            out.array[out.size++] = (byte) (0x80 | codePoint & 0x3f);
        } else {
            out.array[out.size++] = (byte) (0xf0 | codePoint >> 18);
            out.array[out.size++] = (byte) (0x80 | codePoint >> 12 & 0x3f);
            out.array[out.size++] = (byte) (0x80 | codePoint >> 6 & 0x3f);
            out.array[out.size++] = (byte) (0x80 | codePoint & 0x3f);
        }
    }
}
