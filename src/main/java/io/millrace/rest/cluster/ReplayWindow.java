package io.millrace.rest.cluster;

import java.util.Arrays;

/**
 * Which numbers came before, of the last {@link #WIDTH} up to the highest one; lower ones count as such that did (RFC 4303, 3.4.3). Takes
 * each number once. Not thread-safe.
 */
final class ReplayWindow {
    /**
     * In numbers, 8 KiB: a request that waits for its connection is overtaken by all that its broker sends meanwhile, wherever to.
     */
    static final int WIDTH = 1 << 16;

    private static final int WORDS = WIDTH / Long.SIZE;

    private final long[] seen = new long[WORDS];
    private long highest;

    /**
     * @param number from 1
     * @return false: it came before, or may have
     */
    boolean take(long number) {
        if (number < 1 || number <= highest - WIDTH) {
            return false;
        }
        if (number > highest) {
            moveTo(number);
        }
        long bit = 1L << number; // of which Java takes the last 6 bits
        int word = word(number);
        boolean first = (seen[word] & bit) == 0;
        seen[word] |= bit;
        return first;
    }

    private static int word(long number) {
        return (int) (number / Long.SIZE % WORDS);
    }

    /** Forgets what falls out of the window. */
    private void moveTo(long number) {
        if (number - highest >= WIDTH) {
            Arrays.fill(seen, 0);
        } else {
            for (long left = highest + 1; left <= number; left++) {
                if (left % Long.SIZE == 0 && left + Long.SIZE - 1 <= number) {
                    seen[word(left)] = 0;
                    left += Long.SIZE - 1;
                } else {
                    seen[word(left)] &= ~(1L << left);
                }
            }
        }
        highest = number;
    }
}
