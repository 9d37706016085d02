package io.millrace.log.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyCodec;

/**
 * Snappy as producers send it: blocks in the framing of snappy-java (a header of 16 bytes, then length and block), or one
 * block without any framing, as clients in C do. Reads the framing itself, because the library's stream allocates
 * whatever size a block claims to have.
 */
final class SnappyInput extends BlockInput {
    private static final byte[] MAGIC = SnappyCodec.getMagicHeader();
    private static final int HEADER_BYTES = MAGIC.length + 2 * Integer.BYTES;
    /** The densest element of the format makes 64 bytes out of 3; a block that claims more than this lies. */
    private static final int MAX_RATIO = 32;

    private final ByteBuffer in;
    private final long maxBytes;
    private final boolean framed;
    private long produced;

    /** @param in on the heap, position to limit */
    SnappyInput(ByteBuffer in, long maxBytes) throws IOException {
        this.in = in;
        this.maxBytes = maxBytes;
        this.framed = startsWithMagic(in);
        if (framed) {
            if (in.remaining() < HEADER_BYTES) {
                throw new IOException("the snappy header is cut off");
            }
            int version = in.getInt(in.position() + MAGIC.length);
            int compatibleVersion = in.getInt(in.position() + MAGIC.length + Integer.BYTES);
            if (version < SnappyCodec.MINIMUM_COMPATIBLE_VERSION || compatibleVersion > SnappyCodec.DEFAULT_VERSION) {
                throw new IOException("unknown version of the snappy framing: " + version + ", compatible with "
                    + compatibleVersion);
            }
            in.position(in.position() + HEADER_BYTES);
        }
    }

    private static boolean startsWithMagic(ByteBuffer in) {
        int start = in.arrayOffset() + in.position();
        return in.remaining() >= MAGIC.length
            && Arrays.equals(in.array(), start, start + MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    @Override
    protected int nextBlock() throws IOException {
        if (!in.hasRemaining()) {
            return -1;
        }
        int length = in.remaining();
        if (framed) {
            if (length < Integer.BYTES) {
                throw new IOException("the length of a snappy block is cut off");
            }
            length = in.getInt();
            if (length < 0 || length > in.remaining()) {
                throw new IOException("length of a snappy block: found " + length + ", allowed 0 to "
                    + in.remaining());
            }
            if (length == 0) {
                return 0;
            }
        }
        int start = in.arrayOffset() + in.position();
        in.position(in.position() + length);
        int size = Snappy.uncompressedLength(in.array(), start, length);
        if (size < 0 || size > (long) MAX_RATIO * length) {
            throw new IOException("a snappy block of " + length + " bytes claims to hold "
                + Integer.toUnsignedLong(size));
        }
        produced += size;
        if (produced > maxBytes) {
            throw new BatchTooLargeException("records after decompression: found at least " + produced
                + " bytes, allowed " + maxBytes);
        }
        if (block.length < size) {
            block = new byte[size];
        }
        return Snappy.uncompress(in.array(), start, length, block, 0);
    }
}
