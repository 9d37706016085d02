package io.millrace.rest.cluster;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What is signed, in bytes that mean one thing only: each text after its length, and each list after the number of its texts. */
final class CanonicalText {
    private static final int NONE = -1;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);

    /** @param purpose tells it from what else is signed by the same key */
    CanonicalText(String purpose) {
        text(purpose);
    }

    CanonicalText number(long number) {
        bytes.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
        return this;
    }

    /** @param text or null. Characters beyond ASCII count as question marks, as which they are sent in headers. */
    CanonicalText text(String text) {
        byte[] ascii = text == null ? new byte[0] : text.getBytes(StandardCharsets.US_ASCII);
        bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(text == null ? NONE : ascii.length).array());
        bytes.writeBytes(ascii);
        return this;
    }

    CanonicalText texts(List<String> texts) {
        number(texts.size());
        texts.forEach(this::text);
        return this;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
