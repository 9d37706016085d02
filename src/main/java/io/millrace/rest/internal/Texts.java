package io.millrace.rest.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Texts as messages carry them: UTF-8 after their length in two bytes. */
final class Texts {
    private static final int MAX_BYTES = 0xFFFF;

    private final List<byte[]> texts = new ArrayList<>();
    private int sizeInBytes;

    void add(String text) {
        byte[] bytes = bytes(text);
        texts.add(bytes);
        sizeInBytes += Short.BYTES + bytes.length;
    }

    /** Of all of them, lengths included. */
    int sizeInBytes() {
        return sizeInBytes;
    }

    void put(ByteBuffer out, int index) {
        put(out, texts.get(index));
    }

    static byte[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException("a text of " + bytes.length + " bytes does not fit into a message");
        }
        return bytes;
    }

    static void put(ByteBuffer out, byte[] text) {
        out.putShort((short) text.length).put(text);
    }
}
