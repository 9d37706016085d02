package io.millrace.record;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A byte array that grows, with the varints of the record format. Not thread-safe, unlike its JDK cousin. */
final class VarintBytes extends OutputStream {
    /** Some virtual machines cannot make larger arrays. */
    static final int MAX_SIZE = Integer.MAX_VALUE - 16;

    private byte[] bytes;
    private int size;

    /** @param reserved bytes at the front that are left zero, to be filled in through {@link #asBuffer()} */
    VarintBytes(int capacity, int reserved) {
        bytes = new byte[Math.max(capacity, reserved)];
        size = reserved;
    }

    static int sizeOfVarint(int value) {
        return sizeOfUnsigned((value << 1) ^ (value >> 31));
    }

    static int sizeOfVarlong(long value) {
        long zigzag = (value << 1) ^ (value >> 63);
        return (63 - Long.numberOfLeadingZeros(zigzag | 1)) / 7 + 1;
    }

    private static int sizeOfUnsigned(int zigzag) {
        return (31 - Integer.numberOfLeadingZeros(zigzag | 1)) / 7 + 1;
    }

    int size() {
        return size;
    }

    byte[] array() {
        return bytes;
    }

    ByteBuffer asBuffer() {
        return ByteBuffer.wrap(bytes, 0, size);
    }

    /** Makes room once, so that a record's fields are written without growing the array in steps. */
    void ensureRoom(long more) {
        long needed = size + more;
        if (needed > bytes.length) {
            if (needed > MAX_SIZE) {
                throw new BatchTooLargeException("a batch of " + needed + " bytes: allowed at most " + MAX_SIZE);
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(MAX_SIZE, Math.max(needed, 2L * bytes.length)));
        }
    }

    void writeVarint(int value) {
        ensureRoom(5);
        int zigzag = (value << 1) ^ (value >> 31);
        while ((zigzag & ~0x7F) != 0) {
            bytes[size++] = (byte) (zigzag | 0x80);
            zigzag >>>= 7;
        }
        bytes[size++] = (byte) zigzag;
    }

    void writeVarlong(long value) {
        ensureRoom(10);
        long zigzag = (value << 1) ^ (value >> 63);
        while ((zigzag & ~0x7FL) != 0) {
            bytes[size++] = (byte) (zigzag | 0x80);
            zigzag >>>= 7;
        }
        bytes[size++] = (byte) zigzag;
    }

    /** Copies position to limit and leaves the position where it is. */
    void write(ByteBuffer source) {
        int length = source.remaining();
        ensureRoom(length);
        source.get(source.position(), bytes, size, length);
        size += length;
    }

    @Override
    public void write(int value) {
        ensureRoom(1);
        bytes[size++] = (byte) value;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        ensureRoom(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
    }
}
