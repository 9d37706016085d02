package io.millrace.rest.dialect;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Takes a body apart into its lines, wherever the pieces begin and end in which it comes. A line ends with LF, or CR and LF; the last one
 * may go without. Not thread-safe.
 */
public final class LineSplitter {
    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final int FIRST_BYTES = 1024;

    /** What is told of each line. */
    @FunctionalInterface
    public interface Lines {
        /**
         * @param number counted from 1
         * @param line   is only valid within the call; its bytes begin and end the array
         */
        void line(long number, byte[] line);
    }

    private final int maxBytes;
    private final LongConsumer beforeGrowth;
    private byte[] begun = new byte[0];
    private int size;
    private long ended;

    /**
     * @param maxBytes     of a line, without its end
     * @param beforeGrowth told how many bytes are kept of a line that has not come whole, before they are; may throw
     */
    public LineSplitter(int maxBytes, LongConsumer beforeGrowth) {
        this.maxBytes = maxBytes;
        this.beforeGrowth = beforeGrowth;
    }

    /** The line that comes next, or has begun to. */
    public long number() {
        return ended + 1;
    }

    /**
     * Takes what came, position to limit; lines that are blank are counted, and not told.
     *
     * @throws RequestException 413 for a line that is too long, 400 for one that is no UTF-8 because of a byte order mark
     */
    public void take(ByteBuffer piece, Lines lines) {
        while (piece.hasRemaining()) {
            byte next = piece.get();
            if (next == '\n') {
                end(lines);
            } else {
                keep(next);
            }
        }
    }

    /** The body is over: what is left is the last line. */
    public void finish(Lines lines) {
        if (size > 0) {
            end(lines);
        }
    }

    private void keep(byte next) {
        if (size == begun.length) {
            // one more for the CR that may end it
            int larger = (int) Math.min(maxBytes + 1L, Math.max(FIRST_BYTES, 2L * size));
            if (larger <= size) {
                throw tooLong();
            }
            beforeGrowth.accept(larger);
            begun = Arrays.copyOf(begun, larger);
        }
        begun[size++] = next;
    }

    private RequestException tooLong() {
        return RequestException.tooLarge("line " + number() + " is longer than " + maxBytes
                + " bytes (millrace.request.max.bytes): send smaller records");
    }

    private void end(Lines lines) {
        int length = size > 0 && begun[size - 1] == '\r' ? size - 1 : size;
        if (length > maxBytes) {
            throw tooLong();
        }
        byte[] line = Arrays.copyOf(begun, length);
        long number = number();
        size = 0;
        ended++;
        if (number == 1 && line.length >= MARK.length && Arrays.equals(line, 0, MARK.length, MARK, 0, MARK.length)) {
            throw RequestException.badRequest("line 1 begins with a byte order mark (BOM): send UTF-8 without one");
        }
        if (!isBlank(line)) {
            lines.line(number, line);
        }
    }

    private static boolean isBlank(byte[] line) {
        for (byte each : line) {
            if (each != ' ' && each != '\t' && each != '\r') {
                return false;
            }
        }
        return true;
    }
}
