package io.millrace.transaction.idempotency;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * To which partition each record of a request goes, run by run: so it is the same when the request is repeated, whatever
 * happened to the topic and its partitioner. Kept for every key, so it is small, or refused. Immutable.
 *
 * <p>The bytes are varints, seven bits each, the lowest first: how many partitions there are, their numbers in the order in
 * which records first go there, and the runs, each of which is the number of its records less one, times the number of
 * partitions, plus the partition's index among them. So records that alternate among 16 partitions take a byte each.
 */
public final class Layout {
    /** What a key may take beside its name, base offsets included, in bytes. */
    public static final int MAX_BYTES = 16 * 1024;

    private final byte[] bytes;
    private final int[] partitions;
    private final int recordCount;

    private Layout(byte[] bytes) {
        this.bytes = bytes;
        ByteBuffer in = ByteBuffer.wrap(bytes);
        this.partitions = new int[size(readVarint(in), bytes.length)];
        for (int slot = 0; slot < partitions.length; slot++) {
            partitions[slot] = size(readVarint(in), Integer.MAX_VALUE);
        }
        long records = 0;
        while (in.hasRemaining()) {
            records += readVarint(in) / partitions.length + 1;
        }
        this.recordCount = size(records, Integer.MAX_VALUE);
    }

    /**
     * @param recordCount 1 and above
     * @param partition   of each record, by its index
     * @throws BrokerException RECORD_TOO_LARGE when it takes too many bytes
     */
    public static Layout of(int recordCount, IntUnaryOperator partition) {
        Map<Integer, Integer> slots = new LinkedHashMap<>();
        for (int record = 0; record < recordCount; record++) {
            slots.putIfAbsent(partition.applyAsInt(record), slots.size());
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writeVarint(slots.size(), out);
        slots.keySet().forEach(each -> writeVarint(each, out));
        int record = 0;
        while (record < recordCount) {
            int from = record;
            int of = partition.applyAsInt(from);
            while (record < recordCount && partition.applyAsInt(record) == of) {
                record++;
            }
            writeVarint((long) (record - from - 1) * slots.size() + slots.get(of), out);
            requireSmall(out.size() + slots.size() * Long.BYTES);
        }
        return new Layout(out.toByteArray());
    }

    private static void requireSmall(int size) {
        if (size > MAX_BYTES) {
            throw new BrokerException(ErrorKind.RECORD_TOO_LARGE, ("to which partition each record went is kept with an idempotency"
                    + " key, and may take %d bytes: send fewer records with one key, or those of a partition one after the other")
                    .formatted(MAX_BYTES));
        }
    }

    /**
     * @param bytes all of them are its own from now on
     * @throws IllegalStateException when these are not of a layout
     */
    static Layout read(byte[] bytes) {
        try {
            return new Layout(bytes);
        } catch (BufferUnderflowException | ArithmeticException e) {
            throw new IllegalStateException("what should say where records went ends too early", e);
        }
    }

    /** Not to be changed. */
    byte[] bytes() {
        return bytes;
    }

    public int recordCount() {
        return recordCount;
    }

    /** How many partitions there are. */
    public int partitionCount() {
        return partitions.length;
    }

    /** By slot. */
    public int partition(int slot) {
        return partitions[slot];
    }

    /** Of each record its slot: the index of its partition. The array is the caller's. */
    public int[] slots() {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        readVarint(in);
        for (int skipped = 0; skipped < partitions.length; skipped++) {
            readVarint(in);
        }
        int[] slots = new int[recordCount];
        int record = 0;
        while (in.hasRemaining()) {
            long run = readVarint(in);
            int to = record + (int) (run / partitions.length) + 1;
            Arrays.fill(slots, record, to, (int) (run % partitions.length));
            record = to;
        }
        return slots;
    }

    private static int size(long value, int most) {
        if (value > most) {
            throw new IllegalStateException("what should say where records went has a " + value + ", where " + most
                    + " is the most");
        }
        return (int) value;
    }

    private static void writeVarint(long value, ByteArrayOutputStream out) {
        long rest = value;
        for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
            out.write((int) rest & 0x7F | 0x80);
        }
        out.write((int) rest);
    }

    private static long readVarint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE - 7; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalStateException("what should say where records went has a number that is too large");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Layout layout && Arrays.equals(bytes, layout.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return recordCount + " records in partitions " + Arrays.toString(partitions);
    }
}
