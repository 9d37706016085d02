package io.millrace.rest.body;

import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Compresses what is written; a flush lets everything out that was written before. Its native memory ends with {@link #close()}. */
public final class GzipStream extends GZIPOutputStream {
    /** What one takes in memory while it is open, about, most of it outside of the heap. */
    public static final int BYTES_IN_MEMORY = 288 * 1024;
    private static final int BUFFER_BYTES = 8 * 1024;

    public GzipStream(OutputStream out) throws IOException {
        super(out, BUFFER_BYTES, true);
        def.setLevel(Deflater.BEST_SPEED);
    }

    /** May be called again. */
    @Override
    public void close() throws IOException {
        try {
            super.close();
        } finally {
            def.end(); // the stream itself does not where its end cannot be written
        }
    }

    /** Ends it without its end: what it is written to is of no use any more. */
    public void giveUp() {
        def.end();
    }
}
