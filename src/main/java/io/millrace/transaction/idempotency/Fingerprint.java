package io.millrace.transaction.idempotency;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** By what the same request is known again: SHA-256 of how its body is to be read, and of the body's bytes. */
public record Fingerprint(long first, long second, long third, long fourth) {
    static final int BYTES = 4 * Long.BYTES;

    /** @param format names how the body is to be read: the same bytes may be other records */
    public static Fingerprint of(String format, byte[] body) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(format.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            return read(ByteBuffer.wrap(digest.digest(body)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    static Fingerprint read(ByteBuffer in) {
        return new Fingerprint(in.getLong(), in.getLong(), in.getLong(), in.getLong());
    }

    void writeTo(ByteBuffer out) {
        out.putLong(first).putLong(second).putLong(third).putLong(fourth);
    }
}
