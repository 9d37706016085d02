package io.millrace.coordinator.fields;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Reads Kafka's primitive types one after the other, without moving the position of the buffer that it is given. What is not
 * there is an {@link IllegalStateException} that says what ends or is wrong where.
 */
public final class FieldReader {
    private final Object what;
    private final ByteBuffer in;

    /** @param what is read, as the messages call it */
    public FieldReader(Object what, ByteBuffer bytes) {
        this.what = what;
        this.in = bytes.duplicate();
    }

    public IllegalStateException unreadable(String why) {
        return unreadable(why, null);
    }

    /** @param cause or null */
    public IllegalStateException unreadable(String why, Throwable cause) {
        return new IllegalStateException(what + ": " + why, cause);
    }

    public int int8(String field) {
        return require(field, Byte.BYTES).get();
    }

    public int int16(String field) {
        return require(field, Short.BYTES).getShort();
    }

    public int int32(String field) {
        return require(field, Integer.BYTES).getInt();
    }

    public long int64(String field) {
        return require(field, Long.BYTES).getLong();
    }

    public UUID uuid(String field) {
        require(field, 2 * Long.BYTES);
        return new UUID(in.getLong(), in.getLong());
    }

    /** Up to 2^31 - 1, in at most five bytes. */
    public int unsignedVarint(String field) {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte next = require(field, 1).get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return size(field, value, Integer.MAX_VALUE);
            }
        }
        throw unreadable("its " + field + " is a number of more than five bytes");
    }

    public String string(String field) {
        return text(field, size(field, int16(field), Short.MAX_VALUE));
    }

    public String compactString(String field) {
        return text(field, size(field, unsignedVarint(field) - 1L, Short.MAX_VALUE));
    }

    /** All that follows. */
    public String rest(String field) {
        return text(field, in.remaining());
    }

    public void skip(String field, int bytes) {
        require(field, bytes);
        in.position(in.position() + bytes);
    }

    public void end() {
        if (in.hasRemaining()) {
            throw unreadable(in.remaining() + " bytes follow its end");
        }
    }

    private int size(String field, long size, int most) {
        if (size < 0 || size > most) {
            throw unreadable("its %s has a size of %d, which must be 0 to %d".formatted(field, size, most));
        }
        return (int) size;
    }

    private ByteBuffer require(String field, int bytes) {
        if (in.remaining() < bytes) {
            throw unreadable("it ends within its %s, which needs %d bytes where %d are left".formatted(field,
                    bytes, in.remaining()));
        }
        return in;
    }

    private String text(String field, int bytes) {
        ByteBuffer text = require(field, bytes).slice(in.position(), bytes);
        skip(field, bytes);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
        } catch (CharacterCodingException e) {
            throw unreadable("its " + field + " is not UTF-8", e);
        }
    }
}
