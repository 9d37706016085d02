package io.millrace.rest.internal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Reads a message's fields in order; every length is checked against the bytes that are there. Big-endian. */
final class MessageReader {
    private final ByteBuffer in;

    /** @param message from its position to its limit; not moved */
    MessageReader(ByteBuffer message) {
        this.in = message.slice();
    }

    byte byteValue() {
        require(1);
        return in.get();
    }

    int intValue() {
        require(Integer.BYTES);
        return in.getInt();
    }

    /** @param what names the field in the exception */
    int notNegative(String what) {
        int value = intValue();
        if (value < 0) {
            throw new InvalidMessageException(what + " is negative: " + value);
        }
        return value;
    }

    long longValue() {
        require(Long.BYTES);
        return in.getLong();
    }

    UUID uuid() {
        return new UUID(longValue(), longValue());
    }

    /** A number of entries that follow. An array of that many entries is no larger than a few times the message. */
    int count(String what, int minBytesEach) {
        int count = notNegative("the number of " + what);
        if (count > in.remaining() / minBytesEach) {
            throw new InvalidMessageException("%d %s cannot be in the %d bytes that are left".formatted(count, what,
                    in.remaining()));
        }
        return count;
    }

    /** An index below a bound. */
    int index(String what, int bound) {
        int index = intValue();
        if (index < 0 || index >= bound) {
            throw new InvalidMessageException("there is no %s %d, only %d of them".formatted(what, index, bound));
        }
        return index;
    }

    String text() {
        require(Short.BYTES);
        int length = Short.toUnsignedInt(in.getShort());
        require(length);
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new InvalidMessageException("a text is not UTF-8");
        }
    }

    /** Bytes after their length, as a slice of the message. */
    ByteBuffer bytes() {
        int length = notNegative("the length of bytes");
        require(length);
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        return bytes;
    }

    void end() {
        if (in.hasRemaining()) {
            throw new InvalidMessageException(in.remaining() + " bytes follow the end of the message");
        }
    }

    private void require(int bytes) {
        if (in.remaining() < bytes) {
            throw new InvalidMessageException("the message ends too early: " + bytes + " bytes are needed, "
                    + in.remaining() + " are left");
        }
    }
}
