package io.millrace.coordinator.fields;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Writes Kafka's primitive types one after the other. */
public final class FieldWriter {
    private static final int INITIAL_CAPACITY = 128;

    private ByteBuffer out = ByteBuffer.allocate(INITIAL_CAPACITY);

    public FieldWriter int8(int value) {
        room(Byte.BYTES).put((byte) value);
        return this;
    }

    public FieldWriter int16(int value) {
        room(Short.BYTES).putShort((short) value);
        return this;
    }

    public FieldWriter int32(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    public FieldWriter int64(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    public FieldWriter uuid(UUID value) {
        room(2 * Long.BYTES).putLong(value.getMostSignificantBits()).putLong(value.getLeastSignificantBits());
        return this;
    }

    public FieldWriter unsignedVarint(int value) {
        int rest = value;
        for (; (rest & ~0x7F) != 0; rest >>>= 7) {
            room(1).put((byte) (rest | 0x80));
        }
        room(1).put((byte) rest);
        return this;
    }

    /** @throws IllegalArgumentException when it is no text, or one of more than 32767 bytes */
    public FieldWriter string(String field, String text) {
        ByteBuffer utf8 = shortUtf8(field, text);
        return int16(utf8.remaining()).bytes(utf8);
    }

    /** @throws IllegalArgumentException when it is no text, or one of more than 32767 bytes */
    public FieldWriter compactString(String field, String text) {
        ByteBuffer utf8 = shortUtf8(field, text);
        return unsignedVarint(utf8.remaining() + 1).bytes(utf8);
    }

    /** Without its length: nothing may follow. @throws IllegalArgumentException when it is no text */
    public FieldWriter rest(String field, String text) {
        return bytes(utf8(field, text));
    }

    /** All of it, once: nothing may be written after that. */
    public ByteBuffer written() {
        return out.flip();
    }

    private FieldWriter bytes(ByteBuffer bytes) {
        room(bytes.remaining()).put(bytes);
        return this;
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            out = ByteBuffer.allocate(Math.max(2 * out.capacity(), out.position() + bytes)).put(out.flip());
        }
        return out;
    }

    /** Both ways of writing a text have the limit of the older one, since Kafka reads no longer ones. */
    private static ByteBuffer shortUtf8(String field, String text) {
        ByteBuffer utf8 = utf8(field, text);
        if (utf8.remaining() > Short.MAX_VALUE) {
            throw new IllegalArgumentException("the %s has %d bytes of UTF-8: allowed at most %d".formatted(field,
                    utf8.remaining(), Short.MAX_VALUE));
        }
        return utf8;
    }

    /** Half of a surrogate pair would be read back as another text. */
    private static ByteBuffer utf8(String field, String text) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the " + field + " cannot be written as UTF-8", e);
        }
    }
}
