package io.millrace.record;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.Set;
import org.xerial.snappy.SnappyError;
import org.xerial.snappy.SnappyErrorCode;
import org.xerial.snappy.SnappyInputStream;

/**
 * Snappy in the framing of snappy-java, or one block without framing, as clients in C send it. The library answers a
 * block length beyond its own bound with an {@link Error}, which here is one more way of not being snappy data.
 */
final class SnappyInput extends FilterInputStream {
    private static final Set<SnappyErrorCode> ABOUT_DATA = EnumSet.of(SnappyErrorCode.PARSING_ERROR,
        SnappyErrorCode.FAILED_TO_UNCOMPRESS, SnappyErrorCode.EMPTY_INPUT, SnappyErrorCode.INCOMPATIBLE_VERSION,
        SnappyErrorCode.INVALID_CHUNK_SIZE, SnappyErrorCode.TOO_LARGE_INPUT);

    SnappyInput(InputStream in) throws IOException {
        super(open(in));
    }

    private static InputStream open(InputStream in) throws IOException {
        try {
            return new SnappyInputStream(in);
        } catch (SnappyError e) {
            throw asDataError(e);
        }
    }

    @Override
    public int read() throws IOException {
        try {
            return super.read();
        } catch (SnappyError e) {
            throw asDataError(e);
        }
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        try {
            return super.read(target, offset, length);
        } catch (SnappyError e) {
            throw asDataError(e);
        }
    }

    /** What is not about the data, such as a native library that cannot be loaded, stays an error. */
    private static IOException asDataError(SnappyError e) {
        if (!ABOUT_DATA.contains(e.errorCode)) {
            throw e;
        }
        return new IOException(e.getMessage(), e);
    }
}
