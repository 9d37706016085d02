package io.millrace.metadata.config;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Maps a key to a partition as the field's default producer does, so that records with the same key meet in the same
 * partition whichever client sent them: murmur2 (32 bits, Austin Appleby's public-domain function) with a fixed seed,
 * sign bit cleared, modulo the number of partitions.
 */
public final class KeyHashPartitioner {
    private static final int SEED = 0x9747b28c;
    private static final int MULTIPLIER = 0x5bd1e995;

    private KeyHashPartitioner() {
    }

    /** @param key position to limit; not moved */
    public static int partition(ByteBuffer key, int partitions) {
        return (murmur2(key) & 0x7fffffff) % partitions;
    }

    static int murmur2(ByteBuffer key) {
        int at = key.position();
        int left = key.remaining();
        boolean swap = key.order() == ByteOrder.BIG_ENDIAN;
        int hash = SEED ^ left;
        while (left >= Integer.BYTES) {
            int word = swap ? Integer.reverseBytes(key.getInt(at)) : key.getInt(at);
            word *= MULTIPLIER;
            word ^= word >>> 24;
            word *= MULTIPLIER;
            hash = hash * MULTIPLIER ^ word;
            at += Integer.BYTES;
            left -= Integer.BYTES;
        }
        if (left > 0) {
            for (int i = left - 1; i >= 0; i--) {
                hash ^= (key.get(at + i) & 0xff) << Byte.SIZE * i;
            }
            hash *= MULTIPLIER;
        }
        hash ^= hash >>> 13;
        hash *= MULTIPLIER;
        return hash ^ hash >>> 15;
    }
}
