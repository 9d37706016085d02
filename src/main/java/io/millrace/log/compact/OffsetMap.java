package io.millrace.log.compact;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The newest offset of each key, in bounded memory: a key is known by 128 bits of its SHA-256, so that nobody can choose
 * one that is taken for another's. Takes no more memory than it needs, up to its bound. For one thread.
 */
final class OffsetMap {
    /** Two words of the hash, and the offset + 1: zero is an empty slot. */
    private static final int WORDS = 3;
    private static final int SLOT_BYTES = WORDS * Long.BYTES;
    private static final int FIRST_SLOTS = 1024;
    /** Beyond it a search gets long. */
    private static final double LOAD = 0.75;
    private static final long MAX_SLOTS = Integer.MAX_VALUE / WORDS - 8;

    private final long maxSlots;
    private final MessageDigest digest;
    private final ByteBuffer hash;
    private long[] slots;
    private int count;

    /** @param maxBytes at least one key is taken, whatever it says */
    OffsetMap(long maxBytes) {
        this.maxSlots = Math.max(2, Math.min(MAX_SLOTS, maxBytes / SLOT_BYTES * 2 / 3)); // beside one of half the size, to grow
        long first = maxSlots;
        while (first > FIRST_SLOTS) {
            first = (first + 1) / 2; // so that the last step is from half to all of the memory
        }
        this.slots = new long[(int) first * WORDS];
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        this.hash = ByteBuffer.allocate(digest.getDigestLength());
    }

    int size() {
        return count;
    }

    /**
     * @param key    position to limit; not moved
     * @param offset higher than all before
     * @return false, and nothing is noted, when the key is new and there is no room for it
     */
    boolean put(ByteBuffer key, long offset) {
        int at = find(key);
        if (slots[at + 2] == 0) {
            if (count >= room()) {
                if (slots.length / WORDS >= maxSlots) {
                    return false;
                }
                grow();
                at = find(hash.getLong(0), hash.getLong(Long.BYTES));
            }
            count++;
            slots[at] = hash.getLong(0);
            slots[at + 1] = hash.getLong(Long.BYTES);
        }
        slots[at + 2] = offset + 1;
        return true;
    }

    /** The newest offset of a key, or -1. */
    long get(ByteBuffer key) {
        return slots[find(key) + 2] - 1;
    }

    private int room() {
        return Math.max(1, (int) (slots.length / WORDS * LOAD));
    }

    private void grow() {
        long[] old = slots;
        slots = new long[(int) Math.min(maxSlots, 2L * (old.length / WORDS)) * WORDS];
        for (int i = 0; i < old.length; i += WORDS) {
            if (old[i + 2] != 0) {
                System.arraycopy(old, i, slots, find(old[i], old[i + 1]), WORDS);
            }
        }
    }

    private int find(ByteBuffer key) {
        digest.update(key.duplicate());
        byte[] bytes = digest.digest();
        hash.put(0, bytes);
        return find(hash.getLong(0), hash.getLong(Long.BYTES));
    }

    /** The slot of a key, or the empty one where it belongs: there is always one. */
    private int find(long high, long low) {
        int size = slots.length / WORDS;
        int slot = (int) Long.remainderUnsigned(high, size);
        while (true) {
            int at = slot * WORDS;
            if (slots[at + 2] == 0 || slots[at] == high && slots[at + 1] == low) {
                return at;
            }
            slot = slot + 1 == size ? 0 : slot + 1;
        }
    }
}
