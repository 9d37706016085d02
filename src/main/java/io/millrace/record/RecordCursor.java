package io.millrace.record;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Goes through the records of one batch and checks every field on the way: the one decoder of the format, under both
 * validation ({@link #skip()}, which allocates nothing per record and holds at most a window of the decompressed bytes)
 * and reading ({@link #load()}, {@link #loadBody()}). Not thread-safe.
 *
 * <p>Records that are not compressed are read where they lie: the window is the batch. Decompressed bytes pass through
 * a window that is filled again when it has been read; one out of which views were handed out is left to them.
 */
final class RecordCursor implements AutoCloseable {
    /** Attributes, timestamp delta, offset delta, key length, value length and header count: a byte each. */
    private static final int MIN_RECORD_BYTES = 6;
    private static final int MIN_WINDOW_BYTES = 4 * 1024;
    private static final int MAX_WINDOW_BYTES = 64 * 1024;

    private final Codec codec;
    private final long baseTimestamp;
    private final int lastOffsetDelta;
    private final long maxBytes;
    private final LongConsumer inflating;
    /** The records as they stand in the batch. */
    private final ByteBuffer stored;
    /** Where decompressed bytes come from; opened when the first is asked for. */
    private InputStream source;

    private ByteBuffer window;
    private int position;
    private int limit;
    /** Bytes of the records before the window's first. */
    private long passed;
    private boolean viewed;

    private int index = -1;
    private long recordEnd;
    private int offsetDelta = -1;
    private long timestamp;
    private boolean hasKey;
    private ByteBuffer key;
    private ByteBuffer value;
    private List<Header> headers;
    private ByteBuffer body;

    /** Holds what it decompresses in memory of which nobody is told. */
    RecordCursor(RecordBatch batch, long maxBytes) {
        this(batch, maxBytes, held -> { });
    }

    /**
     * @param maxBytes  bound of the bytes of all records after decompression
     * @param inflating told how many of them are held in memory, before they are; may throw
     */
    RecordCursor(RecordBatch batch, long maxBytes, LongConsumer inflating) {
        this.codec = batch.codec();
        this.baseTimestamp = batch.baseTimestamp();
        this.lastOffsetDelta = batch.lastOffsetDelta();
        this.maxBytes = maxBytes;
        this.inflating = inflating;
        this.stored = batch.recordBytes();
        if (codec == Codec.NONE) {
            this.window = stored;
            this.limit = stored.limit();
            if (limit > maxBytes) {
                throw tooLarge(limit);
            }
        } else {
            long guess = 8L * stored.limit();
            this.window = newWindow((int) Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, guess)));
        }
    }

    /** Passes the next record; afterwards its offset delta and timestamp are there, and whether it has a key, the rest is not. */
    void skip() {
        begin();
        readNumbers();
        int keyLength = readLength("key length", -1);
        hasKey = keyLength >= 0;
        pass(keyLength);
        pass(readLength("value length", -1));
        for (int left = readHeaderCount(); left > 0; left--) {
            pass(readLength("header key length", 0));
            pass(readLength("header value length", -1));
        }
        checkRecordEnd();
    }

    /** Reads the next record, all of it. */
    void load() {
        begin();
        gather(recordEnd - at());
        viewed = true;
        readNumbers();
        key = view(readLength("key length", -1));
        value = view(readLength("value length", -1));
        int count = readHeaderCount();
        Header[] read = new Header[count];
        for (int i = 0; i < count; i++) {
            ByteBuffer name = view(readLength("header key length", 0));
            read[i] = new Header(StandardCharsets.UTF_8.decode(name).toString(),
                view(readLength("header value length", -1)));
        }
        headers = List.of(read);
        checkRecordEnd();
    }

    /** Reads the next record's key and value; its {@link #body()} is for whoever copies it. */
    void loadBody() {
        begin();
        gather(recordEnd - at());
        viewed = true;
        readNumbers();
        int from = position;
        key = view(readLength("key length", -1));
        value = view(readLength("value length", -1));
        for (int left = readHeaderCount(); left > 0; left--) {
            pass(readLength("header key length", 0));
            pass(readLength("header value length", -1));
        }
        checkRecordEnd();
        body = window.slice(from, position - from);
    }

    /** Makes sure that nothing follows the record that was last read. */
    void end() {
        if (position < limit || fill()) {
            throw new InvalidBatchException("records: bytes follow record " + index + ", which is the last by the"
                + " record count, at byte " + at() + " of the records");
        }
        if (isCompressed() && stored.hasRemaining()) {
            throw new InvalidBatchException("records: " + stored.remaining() + " bytes follow the "
                + codec.codecName() + " data");
        }
    }

    int offsetDelta() {
        return offsetDelta;
    }

    /** Base timestamp + timestamp delta. */
    long timestamp() {
        return timestamp;
    }

    /** After {@link #skip()}. */
    boolean hasKey() {
        return hasKey;
    }

    ByteBuffer key() {
        return key;
    }

    ByteBuffer value() {
        return value;
    }

    List<Header> headers() {
        return headers;
    }

    /** The record's bytes behind its offset delta, as they stand: key, value and headers. */
    ByteBuffer body() {
        return body;
    }

    @Override
    public void close() {
        if (source != null) {
            try {
                source.close();
            } catch (IOException e) {
                throw new InvalidBatchException("records: the " + codec.codecName() + " data cannot be closed: "
                    + e.getMessage(), e);
            }
        }
    }

    private void begin() {
        index++;
        int length = readVarint("length");
        recordEnd = at() + length;
        if (length < MIN_RECORD_BYTES) {
            throw invalid("length", length, "at least " + MIN_RECORD_BYTES);
        }
        if (!isCompressed() && recordEnd > limit) {
            throw invalid("length", length, "at most " + (limit - position) + ", as no more bytes are there");
        }
        if (recordEnd > maxBytes) {
            throw tooLarge(recordEnd);
        }
    }

    private void readNumbers() {
        byte attributes = readByte("attributes");
        if (attributes != 0) {
            throw invalid("attributes", attributes, "0 only");
        }
        long timestampDelta = readVarlong("timestamp delta");
        timestamp = baseTimestamp + timestampDelta;
        if (((baseTimestamp ^ timestamp) & (timestampDelta ^ timestamp)) < 0) {
            throw invalid("timestamp delta", timestampDelta, "what the base timestamp " + baseTimestamp
                + " can be added to");
        }
        int delta = readVarint("offset delta");
        if (delta <= offsetDelta || delta > lastOffsetDelta) {
            throw invalid("offset delta", delta, (offsetDelta + 1) + " to " + lastOffsetDelta);
        }
        offsetDelta = delta;
    }

    private int readLength(String field, int least) {
        int length = readVarint(field);
        long most = recordEnd - at();
        if (length < least || length > most) {
            throw invalid(field, length, least + " to " + most);
        }
        return length;
    }

    private int readHeaderCount() {
        int count = readVarint("header count");
        long most = (recordEnd - at()) / 2; // a header takes two bytes at least
        if (count < 0 || count > most) {
            throw invalid("header count", count, "0 to " + most);
        }
        return count;
    }

    private void checkRecordEnd() {
        if (at() != recordEnd) {
            throw new InvalidBatchException("record " + index + ": length: it ends at byte " + recordEnd
                + " of the records by its length, at byte " + at() + " by its fields");
        }
    }

    private int readVarint(String field) {
        int zigzag = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int next = readByte(field);
            if (shift == 28 && (next & 0xF0) != 0) {
                break;
            }
            zigzag |= (next & 0x7F) << shift;
            if (next >= 0) {
                return (zigzag >>> 1) ^ -(zigzag & 1);
            }
        }
        throw new InvalidBatchException(place() + field + ": a varint beyond 32 bits");
    }

    private long readVarlong(String field) {
        long zigzag = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            int next = readByte(field);
            if (shift == 63 && (next & 0xFE) != 0) {
                break;
            }
            zigzag |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return (zigzag >>> 1) ^ -(zigzag & 1);
            }
        }
        throw new InvalidBatchException(place() + field + ": a varint beyond 64 bits");
    }

    private byte readByte(String field) {
        if (position == limit && !fill()) {
            throw new InvalidBatchException(place() + field + ": the records end here");
        }
        return window.get(position++);
    }

    /** Goes on by so many bytes, which lie inside the record; none for a null (-1). */
    private void pass(int length) {
        int left = Math.max(0, length);
        while (left > limit - position) {
            left -= limit - position;
            position = limit;
            if (!fill()) {
                throw new InvalidBatchException(place() + "the records end here, " + left + " bytes too early");
            }
        }
        position += left;
    }

    /** The next bytes, which lie inside the record and the window; null for -1. */
    private ByteBuffer view(int length) {
        if (length < 0) {
            return null;
        }
        ByteBuffer view = window.slice(position, length);
        position += length;
        return view;
    }

    private long at() {
        return passed + position;
    }

    private boolean isCompressed() {
        return codec != Codec.NONE;
    }

    /** Replaces the window, all of which has been read, by the bytes that follow; false when there are none. */
    private boolean fill() {
        if (!isCompressed()) {
            return false;
        }
        passed += limit;
        position = 0;
        limit = 0;
        if (viewed) {
            window = newWindow(window.capacity());
        }
        readMore(window.capacity());
        return limit > 0;
    }

    /**
     * Makes the window hold so many bytes from the position on. It grows by what is really there, not by what a
     * record's length claims.
     */
    private void gather(long needed) {
        while (limit - position < needed) {
            int held = limit - position;
            int size = (int) Math.min(Math.max(needed, MAX_WINDOW_BYTES), Math.max(MAX_WINDOW_BYTES, 2L * held));
            ByteBuffer next = newWindow(size);
            next.put(0, window, position, held);
            passed += position;
            window = next;
            position = 0;
            limit = held;
            readMore(size);
            if (limit == held) {
                throw new InvalidBatchException(place() + "the records end here, " + (needed - held)
                    + " bytes too early");
            }
        }
    }

    private ByteBuffer newWindow(int size) {
        viewed = false;
        inflating.accept((long) size + (window == null ? 0 : window.capacity()));
        return ByteBuffer.allocate(size);
    }

    private void readMore(int upTo) {
        try {
            if (source == null) {
                source = codec.decompress(new ByteBufferInput(stored));
            }
            limit += source.readNBytes(window.array(), limit, upTo - limit);
        } catch (IOException | RuntimeException e) {
            throw undecodable(e);
        }
        if (passed + limit > maxBytes) {
            throw tooLarge(passed + limit);
        }
    }

    private InvalidBatchException undecodable(Exception e) {
        return new InvalidBatchException("records: not valid " + codec.codecName() + " data: " + e.getMessage(), e);
    }

    private BatchTooLargeException tooLarge(long found) {
        return new BatchTooLargeException("records after decompression: found at least " + found + " bytes, allowed "
            + maxBytes);
    }

    private InvalidBatchException invalid(String field, long found, String allowed) {
        return new InvalidBatchException(place() + field + ": found " + found + ", allowed " + allowed);
    }

    private String place() {
        return "record " + index + " at byte " + at() + " of the records: ";
    }
}
