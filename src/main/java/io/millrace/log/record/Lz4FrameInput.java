package io.millrace.log.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.StreamingXXHash32;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * One LZ4 frame (LZ4 frame format 1.6) of independent blocks without a dictionary, which is what producers send. Reads
 * the framing itself, because the library's stream allocates two blocks of the size the frame allows, up to 4 MiB each,
 * however small the frame is.
 */
final class Lz4FrameInput extends BlockInput {
    private static final LZ4SafeDecompressor DECOMPRESSOR = LZ4Factory.fastestInstance().safeDecompressor();
    private static final XXHashFactory HASHES = XXHashFactory.fastestJavaInstance();

    private static final int MAGIC = 0x184D2204;
    private static final int MIN_HEADER_BYTES = 7;
    private static final int VERSION_MASK = 0xC0;
    private static final int VERSION_1 = 0x40;
    private static final int INDEPENDENT_BLOCKS = 0x20;
    private static final int BLOCK_CHECKSUMS = 0x10;
    private static final int CONTENT_SIZE = 0x08;
    private static final int CONTENT_CHECKSUM = 0x04;
    private static final int RESERVED_OR_DICTIONARY = 0x03;
    private static final int UNCOMPRESSED_BLOCK = 0x80000000;
    /** A byte of a length makes at most 255 bytes; the rest is for the literals at a block's end. */
    private static final int MAX_RATIO = 255;

    private final ByteBuffer in;
    private final int maxBlockBytes;
    private final boolean blockChecksums;
    private final StreamingXXHash32 contentHash;
    private boolean ended;

    /** @param in on the heap, position to limit */
    Lz4FrameInput(ByteBuffer in) throws IOException {
        this.in = in.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        require(MIN_HEADER_BYTES, "header");
        int magic = this.in.getInt();
        if (magic != MAGIC) {
            throw new IOException("no LZ4 frame: it begins with 0x" + Integer.toHexString(magic));
        }
        int descriptor = this.in.position();
        int flags = this.in.get();
        int blockDescriptor = this.in.get();
        if ((flags & VERSION_MASK) != VERSION_1 || (flags & INDEPENDENT_BLOCKS) == 0
            || (flags & RESERVED_OR_DICTIONARY) != 0) {
            throw new IOException("flags of the LZ4 frame: found 0x" + Integer.toHexString(flags & 0xFF)
                + ", allowed version 1 with independent blocks and without a dictionary");
        }
        int sizeId = blockDescriptor >> 4;
        if (sizeId < 4 || sizeId > 7 || (blockDescriptor & 0x0F) != 0) {
            throw new IOException("block size of the LZ4 frame: unknown id 0x"
                + Integer.toHexString(blockDescriptor & 0xFF));
        }
        maxBlockBytes = 1 << (8 + 2 * sizeId);
        blockChecksums = (flags & BLOCK_CHECKSUMS) != 0;
        contentHash = (flags & CONTENT_CHECKSUM) != 0 ? HASHES.newStreamingHash32(0) : null;
        if ((flags & CONTENT_SIZE) != 0) {
            require(Long.BYTES + 1, "content size");
            this.in.position(this.in.position() + Long.BYTES);
        }
        int headerHash = hash(descriptor, this.in.position() - descriptor) >> 8 & 0xFF;
        if (headerHash != (this.in.get() & 0xFF)) {
            throw new IOException("the checksum of the LZ4 frame's header does not match");
        }
    }

    @Override
    protected int nextBlock() throws IOException {
        if (ended) {
            return -1;
        }
        require(Integer.BYTES, "block length");
        int word = in.getInt();
        if (word == 0) {
            end();
            return -1;
        }
        int length = word & ~UNCOMPRESSED_BLOCK;
        if (length > maxBlockBytes) {
            throw new IOException("length of an LZ4 block: found " + length + ", allowed " + maxBlockBytes);
        }
        require(length, "block");
        int start = in.position();
        in.position(start + length);
        if (blockChecksums) {
            require(Integer.BYTES, "block checksum");
            if (in.getInt() != hash(start, length)) {
                throw new IOException("the checksum of an LZ4 block does not match");
            }
        }
        int size = decode(start, length, word < 0);
        if (contentHash != null) {
            contentHash.update(block, 0, size);
        }
        return size;
    }

    private int decode(int start, int length, boolean uncompressed) {
        int room = uncompressed ? length : (int) Math.min(maxBlockBytes, MAX_RATIO * (length + 1L));
        if (block.length < room) {
            block = new byte[room];
        }
        if (uncompressed) {
            in.get(start, block, 0, length);
            return length;
        }
        return DECOMPRESSOR.decompress(in.array(), in.arrayOffset() + start, length, block, 0, room);
    }

    private void end() throws IOException {
        ended = true;
        if (contentHash != null) {
            require(Integer.BYTES, "content checksum");
            if (in.getInt() != contentHash.getValue()) {
                throw new IOException("the checksum of the LZ4 frame's content does not match");
            }
        }
        if (in.hasRemaining()) {
            throw new IOException(in.remaining() + " bytes follow the LZ4 frame");
        }
    }

    private int hash(int start, int length) {
        XXHash32 hash = HASHES.hash32();
        return hash.hash(in.array(), in.arrayOffset() + start, length, 0);
    }

    private void require(int bytes, String part) throws IOException {
        if (in.remaining() < bytes) {
            throw new IOException("the LZ4 frame is cut off in its " + part);
        }
    }
}
