package io.millrace.log.record;

import java.io.IOException;
import java.io.InputStream;

/** A stream that is decompressed block by block into an array that is used again for the next block. */
abstract class BlockInput extends InputStream {
    /** The current block; a subclass replaces it when it is too small. */
    protected byte[] block = {};
    private int position;
    private int limit;

    /** Fills {@link #block} from its beginning. Returns the bytes in it, maybe 0, or -1 after the last block. */
    protected abstract int nextBlock() throws IOException;

    @Override
    public final int read() throws IOException {
        return hasBytes() ? block[position++] & 0xFF : -1;
    }

    @Override
    public final int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!hasBytes()) {
            return -1;
        }
        int count = Math.min(length, limit - position);
        System.arraycopy(block, position, target, offset, count);
        position += count;
        return count;
    }

    private boolean hasBytes() throws IOException {
        while (position == limit) {
            int size = nextBlock();
            if (size < 0) {
                return false;
            }
            position = 0;
            limit = size;
        }
        return true;
    }
}
