package io.millrace.rest.stream;

import io.millrace.rest.body.GzipStream;
import io.millrace.rest.dialect.StreamForm;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The client's end of a stream. It is written by one thread after the other; {@link #end} may come from any.
 */
final class ClientStream {
    private static final System.Logger LOG = System.getLogger(ClientStream.class.getName());
    /** The container copies what it is given at a time. */
    private static final int PIECE_BYTES = 64 * 1024;

    private final AsyncContext async;
    private final HttpServletResponse response;
    private final long timeoutMs;
    private final AtomicBoolean ended = new AtomicBoolean();
    private GzipStream gzip;
    private OutputStream out;
    private long bytes;

    /**
     * On the request's thread.
     *
     * @param async     of a request that nothing was answered to
     * @param timeoutMs how long the client may take over each part
     * @param gone      is run when there is nobody to write to any more
     */
    ClientStream(AsyncContext async, long timeoutMs, Runnable gone) {
        this.async = async;
        this.response = (HttpServletResponse) async.getResponse();
        this.timeoutMs = timeoutMs;
        async.setTimeout(0); // the container keeps the task of a timeout, and all it refers to, until its time comes
        async.addListener(new AsyncListener() {
            @Override
            public void onComplete(AsyncEvent event) {
                ended.set(true);
                gone.run();
            }

            @Override
            public void onTimeout(AsyncEvent event) {
                gone.run();
            }

            @Override
            public void onError(AsyncEvent event) {
                gone.run();
            }

            @Override
            public void onStartAsync(AsyncEvent event) {
                // nobody does
            }
        });
    }

    /** What the head of a stream has beside its type. @param own headers of its source */
    static Map<String, String> head(Map<String, String> own, boolean compressed) {
        Map<String, String> headers = new LinkedHashMap<>(own);
        headers.put("Cache-Control", "no-store");
        headers.put("X-Accel-Buffering", "no"); // proxies that gather answers are to let it through as it comes
        headers.put("Vary", "Accept-Encoding");
        if (compressed) {
            headers.put("Content-Encoding", "gzip");
        }
        return headers;
    }

    /** Counts what the connection is given. */
    private final class Counted extends FilterOutputStream {
        Counted(OutputStream to) {
            super(to);
        }

        @Override
        public void write(int octet) throws IOException {
            out.write(octet);
            bytes++;
        }

        @Override
        public void write(byte[] from, int at, int length) throws IOException {
            out.write(from, at, length);
            bytes += length;
        }
    }

    /** Lets the head out, and what a stream begins with. */
    void begin(StreamForm form, Map<String, String> headers, boolean compressed) throws IOException {
        response.setStatus(HttpServletResponse.SC_OK);
        response.setContentType(form.mediaType());
        head(headers, compressed).forEach(response::setHeader);
        out = new Counted(response.getOutputStream());
        if (compressed) {
            gzip = new GzipStream(out);
            out = gzip;
        }
        write(List.of(ByteBuffer.wrap(form.opening())));
    }

    /**
     * Writes a part, whole, and lets it out.
     *
     * @throws IOException when the client is gone, or too slow
     */
    void write(List<ByteBuffer> pieces) throws IOException {
        long began = System.nanoTime();
        for (ByteBuffer piece : pieces) {
            for (int at = piece.position(); at < piece.limit(); at += PIECE_BYTES) {
                if (System.nanoTime() - began > TimeUnit.MILLISECONDS.toNanos(timeoutMs)) {
                    throw new IOException("the client did not take a part of a stream within " + timeoutMs
                            + " ms (millrace.answer.timeout.ms)");
                }
                out.write(piece.array(), piece.arrayOffset() + at, Math.min(PIECE_BYTES, piece.limit() - at));
            }
        }
        out.flush();
        response.flushBuffer();
    }

    /** Of the body, as they went over the connection. */
    long bytes() {
        return bytes;
    }

    /** The end of what was written: what is compressed is brought to its end, too. */
    void finish() throws IOException {
        if (gzip != null) {
            gzip.finish();
            gzip.flush();
            response.flushBuffer();
        }
    }

    /** Nothing is written any more; on the thread that writes, or when none does. */
    void end() {
        if (gzip != null) {
            gzip.giveUp();
        }
        if (ended.compareAndSet(false, true)) {
            try {
                async.complete();
            } catch (IllegalStateException e) {
                LOG.log(System.Logger.Level.DEBUG, "the container has ended the request before", e);
            }
        }
    }
}
