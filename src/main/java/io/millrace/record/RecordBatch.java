package io.millrace.record;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * A view over the bytes of one record batch v2; copies nothing. Not thread-safe. The header's fields are read as they
 * stand: bytes from outside go through {@link BatchValidator} first, bytes from a disk through
 * {@link #checksumMatches()}.
 */
public final class RecordBatch {
    /** Bytes before the records begin. */
    public static final int HEADER_BYTES = 61;
    /** Bytes before those that the batch's own length counts: base offset and length. */
    public static final int PREFIX_BYTES = 12;
    /** The only format that is read and written. */
    public static final byte MAGIC = 2;
    /** The checksum is made from the bytes from here to the batch's end. */
    public static final int CHECKSUMMED_FROM = 21;
    /** Producer id of a batch whose producer is not idempotent. */
    public static final long NO_PRODUCER_ID = -1;
    /** Producer epoch that goes with {@link #NO_PRODUCER_ID}. */
    public static final short NO_PRODUCER_EPOCH = -1;
    /** Base sequence that goes with {@link #NO_PRODUCER_ID}. */
    public static final int NO_SEQUENCE = -1;
    /** Timestamp of a record whose producer gave none. */
    public static final long NO_TIMESTAMP = -1;
    /** Leader epoch of a batch that no leader has appended yet. */
    public static final int NO_LEADER_EPOCH = -1;

    static final int BASE_OFFSET = 0;
    static final int LENGTH = 8;
    static final int LEADER_EPOCH = 12;
    static final int MAGIC_BYTE = 16;
    static final int CRC = 17;
    static final int ATTRIBUTES = 21;
    static final int LAST_OFFSET_DELTA = 23;
    static final int BASE_TIMESTAMP = 27;
    static final int MAX_TIMESTAMP = 35;
    static final int PRODUCER_ID = 43;
    static final int PRODUCER_EPOCH = 51;
    static final int BASE_SEQUENCE = 53;
    static final int RECORD_COUNT = 57;

    static final int CODEC_MASK = 0x07;
    static final int LOG_APPEND_TIME_BIT = 0x08;
    static final int TRANSACTIONAL_BIT = 0x10;
    static final int CONTROL_BIT = 0x20;
    static final int DELETE_HORIZON_BIT = 0x40;
    static final int KNOWN_ATTRIBUTES = CODEC_MASK | LOG_APPEND_TIME_BIT | TRANSACTIONAL_BIT | CONTROL_BIT;

    private static final int MIN_LENGTH = HEADER_BYTES - PREFIX_BYTES;

    private final ByteBuffer bytes;

    private RecordBatch(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /**
     * The batch that begins at the buffer's position; needs at least {@link #HEADER_BYTES} bytes and its whole length.
     * Later moves of the buffer's position do no harm.
     *
     * @throws InvalidBatchException when length or magic are not those of a batch, or bytes are missing
     */
    public static RecordBatch at(ByteBuffer buffer) {
        if (buffer.remaining() < HEADER_BYTES) {
            throw new InvalidBatchException("batch header: found " + buffer.remaining() + " bytes, needed "
                + HEADER_BYTES);
        }
        int size = sizeInBytesAt(buffer, buffer.position());
        if (size > buffer.remaining()) {
            throw new InvalidBatchException("batch length: found " + (size - PREFIX_BYTES) + ", allowed at most "
                + (buffer.remaining() - PREFIX_BYTES) + ", as no more bytes are there");
        }
        ByteBuffer bytes = buffer.slice(buffer.position(), size);
        byte magic = bytes.get(MAGIC_BYTE);
        if (magic != MAGIC) {
            throw new InvalidBatchException("magic: found " + magic + ", allowed 2 (record batch v2) only");
        }
        return new RecordBatch(bytes);
    }

    /**
     * The batches of a buffer (position to limit), in order; a cut-off batch at the end is left out.
     * The iterator throws {@link InvalidBatchException} where no batch can begin.
     */
    public static Iterable<RecordBatch> in(ByteBuffer buffer) {
        return () -> new BatchIterator(buffer.duplicate());
    }

    /**
     * Size of the batch whose header begins at an index of the buffer, from its first {@link #PREFIX_BYTES} bytes; the
     * batch itself need not be there. Allocates nothing.
     *
     * @throws InvalidBatchException when no batch has that length
     */
    public static int sizeInBytesAt(ByteBuffer buffer, int index) {
        int length = bigEndian(buffer.getInt(index + LENGTH), buffer);
        if (length < MIN_LENGTH || length > Integer.MAX_VALUE - PREFIX_BYTES) {
            throw new InvalidBatchException("batch length: found " + length + ", allowed " + MIN_LENGTH + " to "
                + (Integer.MAX_VALUE - PREFIX_BYTES));
        }
        return length + PREFIX_BYTES;
    }

    /** Base offset of the batch whose header begins at an index; needs {@link #PREFIX_BYTES} bytes there. */
    public static long baseOffsetAt(ByteBuffer buffer, int index) {
        return bigEndian(buffer.getLong(index + BASE_OFFSET), buffer);
    }

    /** Last offset of the batch whose header begins at an index; needs {@link #HEADER_BYTES} bytes there. */
    public static long lastOffsetAt(ByteBuffer buffer, int index) {
        return baseOffsetAt(buffer, index) + bigEndian(buffer.getInt(index + LAST_OFFSET_DELTA), buffer);
    }

    /** Number of records of the batch whose header begins at an index; needs {@link #HEADER_BYTES} bytes there. */
    public static int recordCountAt(ByteBuffer buffer, int index) {
        return bigEndian(buffer.getInt(index + RECORD_COUNT), buffer);
    }

    /** Largest timestamp of the batch whose header begins at an index; needs {@link #HEADER_BYTES} bytes there. */
    public static long maxTimestampAt(ByteBuffer buffer, int index) {
        return bigEndian(buffer.getLong(index + MAX_TIMESTAMP), buffer);
    }

    /** Leader epoch of the batch whose header begins at an index of the buffer; needs {@link #HEADER_BYTES} bytes there. */
    public static int leaderEpochAt(ByteBuffer buffer, int index) {
        return bigEndian(buffer.getInt(index + LEADER_EPOCH), buffer);
    }

    /** Magic of what begins at an index, whatever that is; needs {@link #HEADER_BYTES} bytes there. */
    public static byte magicAt(ByteBuffer buffer, int index) {
        return buffer.get(index + MAGIC_BYTE);
    }

    /** Producer id of the batch whose header begins at an index; needs {@link #HEADER_BYTES} bytes there. */
    public static long producerIdAt(ByteBuffer buffer, int index) {
        return bigEndian(buffer.getLong(index + PRODUCER_ID), buffer);
    }

    /** Of the batch whose header begins at an index, as {@link #producerEpoch()}. */
    public static short producerEpochAt(ByteBuffer buffer, int index) {
        return (short) (bigEndian(buffer.getInt(index + PRODUCER_EPOCH), buffer) >> Short.SIZE);
    }

    /** Of the batch whose header begins at an index, as {@link #baseSequence()}. */
    public static int baseSequenceAt(ByteBuffer buffer, int index) {
        return bigEndian(buffer.getInt(index + BASE_SEQUENCE), buffer);
    }

    /** Of the batch whose header begins at an index, as {@link #isControl()}. */
    public static boolean isControlAt(ByteBuffer buffer, int index) {
        return (bigEndian(buffer.getInt(index + ATTRIBUTES), buffer) >> Short.SIZE & CONTROL_BIT) != 0;
    }

    /** Of the batch whose header begins at an index, as {@link #isTransactional()}. */
    public static boolean isTransactionalAt(ByteBuffer buffer, int index) {
        return (bigEndian(buffer.getInt(index + ATTRIBUTES), buffer) >> Short.SIZE & TRANSACTIONAL_BIT) != 0;
    }

    /** Writes the leader epoch of the batch whose header begins at an index: no checksum covers it. */
    public static void setLeaderEpochAt(ByteBuffer buffer, int index, int leaderEpoch) {
        buffer.putInt(index + LEADER_EPOCH, bigEndian(leaderEpoch, buffer));
    }

    /** The CRC-32C that the header at an index of the buffer holds: 0 to 2^32 - 1; needs {@link #HEADER_BYTES} bytes. */
    public static long checksumAt(ByteBuffer buffer, int index) {
        return Integer.toUnsignedLong(bigEndian(buffer.getInt(index + CRC), buffer));
    }

    /**
     * Whether a batch could begin at an index of the buffer, as far as its header tells without the checksum; needs
     * {@link #HEADER_BYTES} bytes there. Throws nothing, so that damaged bytes can be searched for the next batch.
     */
    public static boolean isPlausibleAt(ByteBuffer buffer, int index) {
        if (magicAt(buffer, index) != MAGIC) {
            return false;
        }
        int length = bigEndian(buffer.getInt(index + LENGTH), buffer);
        return length >= MIN_LENGTH && length <= Integer.MAX_VALUE - PREFIX_BYTES
            && baseOffsetAt(buffer, index) >= 0
            && bigEndian(buffer.getInt(index + LAST_OFFSET_DELTA), buffer) >= 0;
    }

    /** Whether the checksum is right of the batch that begins at an index of the buffer and is there as a whole. */
    public static boolean checksumMatchesAt(ByteBuffer buffer, int index, int sizeInBytes) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(index + CHECKSUMMED_FROM, sizeInBytes - CHECKSUMMED_FROM));
        return crc.getValue() == checksumAt(buffer, index);
    }

    private static int bigEndian(int value, ByteBuffer buffer) {
        return buffer.order() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value);
    }

    private static long bigEndian(long value, ByteBuffer buffer) {
        return buffer.order() == ByteOrder.BIG_ENDIAN ? value : Long.reverseBytes(value);
    }

    public long baseOffset() {
        return bytes.getLong(BASE_OFFSET);
    }

    /** base offset + last offset delta. */
    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    /** All bytes of the batch, header included. */
    public int sizeInBytes() {
        return bytes.capacity();
    }

    /** The whole batch, position 0 to limit: the same bytes, a position of its own. */
    public ByteBuffer buffer() {
        return bytes.duplicate();
    }

    /** Epoch of the leader that appended the batch, or {@link #NO_LEADER_EPOCH}. */
    public int leaderEpoch() {
        return bytes.getInt(LEADER_EPOCH);
    }

    public byte magic() {
        return bytes.get(MAGIC_BYTE);
    }

    /** The CRC-32C that the header holds: 0 to 2^32 - 1. */
    public long checksum() {
        return Integer.toUnsignedLong(bytes.getInt(CRC));
    }

    /** Bits 0-2 codec, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon. */
    public short attributes() {
        return bytes.getShort(ATTRIBUTES);
    }

    /** @throws InvalidBatchException when the attributes name no codec that is known here */
    public Codec codec() {
        return Codec.forId(attributes() & CODEC_MASK);
    }

    public TimestampType timestampType() {
        return has(LOG_APPEND_TIME_BIT) ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
    }

    public boolean isTransactional() {
        return has(TRANSACTIONAL_BIT);
    }

    /** Whether the records are markers for readers (the end of a transaction) and not data. */
    public boolean isControl() {
        return has(CONTROL_BIT);
    }

    public int lastOffsetDelta() {
        return bytes.getInt(LAST_OFFSET_DELTA);
    }

    /**
     * Until when tombstones stay, or the marker of a transaction, in ms since the epoch: set when the batch is first cleaned with
     * a tombstone in it, or without any record of the transaction before it, and then the base timestamp as well, as in the field's
     * format (KIP-534).
     */
    public OptionalLong deleteHorizon() {
        return has(DELETE_HORIZON_BIT) ? OptionalLong.of(baseTimestamp()) : OptionalLong.empty();
    }

    /** What the records' timestamp deltas are added to, in ms since the epoch. */
    public long baseTimestamp() {
        return bytes.getLong(BASE_TIMESTAMP);
    }

    /** The largest timestamp of a record, or the time of the append, in ms since the epoch. */
    public long maxTimestamp() {
        return bytes.getLong(MAX_TIMESTAMP);
    }

    public long producerId() {
        return bytes.getLong(PRODUCER_ID);
    }

    public short producerEpoch() {
        return bytes.getShort(PRODUCER_EPOCH);
    }

    /** Sequence of the first record among those of its producer, or {@link #NO_SEQUENCE}. */
    public int baseSequence() {
        return bytes.getInt(BASE_SEQUENCE);
    }

    public int recordCount() {
        return bytes.getInt(RECORD_COUNT);
    }

    /** Whether the bytes from the attributes to the end are those the checksum was made from. */
    public boolean checksumMatches() {
        return computeChecksum() == checksum();
    }

    /**
     * Decodes, and decompresses where needed, one record after the other. Keys, values and header values are views: of
     * this batch when it is not compressed. An iterator that is not read to its end is to be closed.
     *
     * @throws InvalidBatchException here or from the iterator, when the records are damaged
     */
    public RecordIterator records() {
        return records(Long.MAX_VALUE);
    }

    /**
     * As {@link #records()}, with a bound for bytes that no validator has seen.
     *
     * @param maxUncompressedBytes bytes of all records after decompression at which
     *                             {@link BatchTooLargeException} ends the iteration
     */
    public RecordIterator records(long maxUncompressedBytes) {
        return new RecordIterator(this, maxUncompressedBytes, held -> { });
    }

    /**
     * As {@link #records()}, for a reader that accounts for its memory.
     *
     * @param inflating told how many decompressed bytes are held in memory, before they are; may throw. Of a batch that is
     *                  not compressed nothing is told
     */
    public RecordIterator records(LongConsumer inflating) {
        return new RecordIterator(this, Long.MAX_VALUE, inflating);
    }

    /** Writes what the leader gives a batch at the append; the checksum does not cover these bytes. */
    public void assign(long baseOffset, int leaderEpoch) {
        bytes.putLong(BASE_OFFSET, baseOffset);
        bytes.putInt(LEADER_EPOCH, leaderEpoch);
    }

    /**
     * Gives every record the time of the append and renews the checksum.
     *
     * @param timestamp ms since the epoch
     */
    public void setLogAppendTime(long timestamp) {
        bytes.putShort(ATTRIBUTES, (short) (attributes() | LOG_APPEND_TIME_BIT));
        bytes.putLong(MAX_TIMESTAMP, timestamp);
        bytes.putInt(CRC, (int) computeChecksum());
    }

    /**
     * Says who made the batch, and renews the checksum; see KIP-98.
     *
     * @param producerId    0 and above, or {@link #NO_PRODUCER_ID} with {@link #NO_PRODUCER_EPOCH} and {@link #NO_SEQUENCE}
     * @param producerEpoch 0 and above: each incarnation of a producer has a higher one
     * @param baseSequence  of the first record: 0 to 2^31 - 1, counted for each partition
     */
    public void setProducer(long producerId, short producerEpoch, int baseSequence) {
        bytes.putLong(PRODUCER_ID, producerId);
        bytes.putShort(PRODUCER_EPOCH, producerEpoch);
        bytes.putInt(BASE_SEQUENCE, baseSequence);
        bytes.putInt(CRC, (int) computeChecksum());
    }

    /** Says that the batch is part of its producer's transaction, and renews the checksum. */
    public void setTransactional() {
        bytes.putShort(ATTRIBUTES, (short) (attributes() | TRANSACTIONAL_BIT));
        bytes.putInt(CRC, (int) computeChecksum());
    }

    /** The bytes after the header, as they stand: maybe compressed. */
    ByteBuffer recordBytes() {
        return bytes.slice(HEADER_BYTES, bytes.capacity() - HEADER_BYTES);
    }

    private boolean has(int bit) {
        return (attributes() & bit) != 0;
    }

    private long computeChecksum() {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(ATTRIBUTES));
        return crc.getValue();
    }

    @Override
    public String toString() {
        return "RecordBatch[offsets " + baseOffset() + " to " + lastOffset() + ", " + recordCount() + " records, "
            + sizeInBytes() + " bytes]";
    }
}
