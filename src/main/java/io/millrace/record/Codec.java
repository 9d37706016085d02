package io.millrace.record;

import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import org.xerial.snappy.SnappyOutputStream;

/** How the records of a batch are compressed; the id is the low three bits of the batch's attributes. */
public enum Codec {
    NONE(0, "none"), GZIP(1, "gzip"), SNAPPY(2, "snappy"), LZ4(3, "lz4"), ZSTD(4, "zstd");

    private static final Codec[] BY_ID = values();
    private static final int GZIP_BUFFER_BYTES = 8 * 1024;

    private final int id;
    private final String codecName;

    Codec(int id, String codecName) {
        this.id = id;
        this.codecName = codecName;
    }

    public int id() {
        return id;
    }

    /** The name as in {@code compression.type}. */
    public String codecName() {
        return codecName;
    }

    /** @throws InvalidBatchException when no codec has this id */
    public static Codec forId(int id) {
        if (id < 0 || id >= BY_ID.length) {
            throw new InvalidBatchException("codec id in the attributes: found " + id
                + ", allowed 0 (none), 1 (gzip), 2 (snappy), 3 (lz4) and 4 (zstd)");
        }
        return BY_ID[id];
    }

    /** The codec of a {@code compression.type}; empty for a name that is none, such as {@code producer}. */
    public static Optional<Codec> forName(String name) {
        for (Codec codec : BY_ID) {
            if (codec.codecName.equals(name)) {
                return Optional.of(codec);
            }
        }
        return Optional.empty();
    }

    /** To be closed after the last byte; closing leaves {@code out} usable when that is an array. */
    OutputStream compress(OutputStream out) throws IOException {
        return switch (this) {
            case NONE -> out;
            case GZIP -> new GZIPOutputStream(out, GZIP_BUFFER_BYTES);
            case SNAPPY -> new SnappyOutputStream(out);
            case LZ4 -> new LZ4FrameOutputStream(out, BLOCKSIZE.SIZE_64KB, FLG.Bits.BLOCK_INDEPENDENCE);
            case ZSTD -> new ZstdOutputStreamNoFinalizer(out, RecyclingBufferPool.INSTANCE);
        };
    }

    /**
     * Decompresses piece by piece, holding no more than one piece, which grows by what is really there. What is no data
     * of this codec shows as an IOException or RuntimeException of whatever kind the library has.
     */
    InputStream decompress(InputStream in) throws IOException {
        return switch (this) {
            case NONE -> in;
            case GZIP -> new GZIPInputStream(in, GZIP_BUFFER_BYTES);
            case SNAPPY -> new SnappyInput(in);
            case LZ4 -> new LZ4FrameInputStream(in, true); // one frame, as the field's own readers take it
            // The variant with a finalizer: the native memory of an iterator that nobody closed is freed in the end.
            case ZSTD -> new ZstdInputStream(in, RecyclingBufferPool.INSTANCE);
        };
    }
}
