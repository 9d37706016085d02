package io.millrace.rest.dialect;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Bytes that are put one after the other into an array that grows as needed and is reused after {@link #clear}.
 * Not thread-safe.
 */
public final class ReusedBytes {
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;
    private static final int LONGEST_DECIMAL = 20;
    private static final byte[] LONG_MIN = Long.toString(Long.MIN_VALUE).getBytes(StandardCharsets.US_ASCII);

    private final LongConsumer beforeGrowth;
    private ByteBuffer view;
    /** The encoders of this package write here directly, after {@link #ensure}. */
    byte[] array;
    int size;

    public ReusedBytes(int capacity) {
        this(capacity, newCapacity -> { });
    }

    /**
     * @param beforeGrowth told the new capacity in bytes before it is allocated, the first included; may throw
     */
    public ReusedBytes(int capacity, LongConsumer beforeGrowth) {
        beforeGrowth.accept(capacity);
        this.beforeGrowth = beforeGrowth;
        this.array = new byte[capacity];
    }

    /** Makes room for this many more bytes. */
    void ensure(int more) {
        if (more > array.length - size) {
            grow(more);
        }
    }

    private void grow(int more) {
        long needed = (long) size + more;
        if (needed > LARGEST_ARRAY) {
            throw RequestException.tooLarge("more than " + LARGEST_ARRAY + " bytes in one body");
        }
        int capacity = (int) Math.min(LARGEST_ARRAY, Math.max(needed, array.length + (long) (array.length >> 1) + 16));
        beforeGrowth.accept(capacity);
        array = Arrays.copyOf(array, capacity);
    }

    public void put(byte value) {
        ensure(1);
        array[size++] = value;
    }

    public void put(byte[] bytes) {
        put(bytes, 0, bytes.length);
    }

    public void put(byte[] bytes, int from, int length) {
        ensure(length);
        System.arraycopy(bytes, from, array, size, length);
        size += length;
    }

    /** The number in decimal digits. */
    public void putDecimal(long number) {
        ensure(LONGEST_DECIMAL);
        if (number == Long.MIN_VALUE) {
            put(LONG_MIN);
            return;
        }
        long rest = number;
        if (rest < 0) {
            array[size++] = '-';
            rest = -rest;
        }
        int digits = 1;
        for (long power = rest; power >= 10; power /= 10) {
            digits++;
        }
        for (int at = size + digits - 1; at >= size; at--) {
            array[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += digits;
    }

    public void clear() {
        size = 0;
    }

    /** Forgets what was put beyond this size. */
    void truncate(int newSize) {
        size = newSize;
    }

    public int size() {
        return size;
    }

    /** What was put, as a view that holds until the next change; the same object each time. */
    public ByteBuffer view() {
        if (view == null || view.array() != array) {
            view = ByteBuffer.wrap(array);
        }
        return view.limit(size).position(0);
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(array, size);
    }
}
