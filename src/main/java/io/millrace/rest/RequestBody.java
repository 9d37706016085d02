package io.millrace.rest;

import io.millrace.rest.dialect.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Arrays;

/**
 * A request's body within the limit of a request, its bytes reserved before there is an array for them: in one piece
 * when the request tells its length, else as they come. Errors of the connection come out as {@link RequestException},
 * so that they are told apart from ours.
 */
final class RequestBody {
    /** Whoever only tells that much will come, and sends nothing, holds no more than this. */
    private static final int EARLY_BYTES = 256 * 1024;
    private static final int FIRST_BYTES = 8 * 1024;

    private final InputStream in;
    private final MemoryBudget.Reservation memory;
    private final int maxBytes;
    /** -1: not told. */
    private final long length;
    private long count;

    /**
     * @param contentLength the header's value, or null when the request does not tell
     * @throws RequestException 413 when the request tells that it is larger than {@code maxBytes}, before it is read
     */
    RequestBody(InputStream in, String contentLength, int maxBytes, MemoryBudget.Reservation memory) {
        this.in = in;
        this.memory = memory;
        this.maxBytes = maxBytes;
        this.length = parse(contentLength);
        if (length > maxBytes) {
            throw tooLarge(maxBytes);
        }
    }

    private static long parse(String contentLength) {
        if (contentLength == null) {
            return -1;
        }
        try {
            return Long.parseLong(contentLength.strip());
        } catch (NumberFormatException e) {
            throw RequestException.badRequest("Content-Length is not a number of bytes");
        }
    }

    private static RequestException tooLarge(int maxBytes) {
        return RequestException.tooLarge("the request is larger than " + maxBytes
                + " bytes (millrace.request.max.bytes); send less at a time");
    }

    /** -1: the request does not tell. */
    long length() {
        return length;
    }

    /**
     * The next bytes, as many as have come: 1 or more, or -1 at the end. For a body that is not kept; reserves nothing.
     *
     * @throws RequestException 413 when it grows larger than allowed, 400 or 408 when it does not come to its end
     */
    int read(byte[] into) {
        int n = read(into, 0, into.length);
        if (n < 0 && count < length) {
            throw endedEarly(count);
        }
        return n;
    }

    /**
     * The whole body in an array of its size.
     *
     * @throws RequestException 503 when there is no memory for it, 413 when it grows larger than allowed, 400 or
     *                          408 when it does not come to its end
     */
    byte[] readFully() {
        return length >= 0 ? readKnownLength() : readUnknownLength();
    }

    private byte[] readKnownLength() {
        int early = (int) Math.min(length, EARLY_BYTES);
        memory.growTo(early);
        byte[] bytes = new byte[early];
        fill(bytes, 0);
        if (early < length) {
            memory.growTo(length);
            bytes = Arrays.copyOf(bytes, (int) length);
            fill(bytes, early);
        }
        return bytes;
    }

    private void fill(byte[] bytes, int from) {
        int at = from;
        while (at < bytes.length) {
            int n = read(bytes, at, bytes.length - at);
            if (n < 0) {
                throw endedEarly(at);
            }
            at += n;
        }
    }

    private RequestException endedEarly(long at) {
        return RequestException.badRequest("the request body ended after " + at + " of " + length + " bytes");
    }

    private byte[] readUnknownLength() {
        memory.growTo(FIRST_BYTES);
        byte[] bytes = new byte[FIRST_BYTES];
        int at = 0;
        while (true) {
            int n = read(bytes, at, bytes.length - at);
            if (n < 0) {
                return Arrays.copyOf(bytes, at);
            }
            at += n;
            if (at == bytes.length) {
                // one byte more than allowed is enough to notice
                int larger = (int) Math.min(bytes.length * 2L, maxBytes + 1L);
                memory.growTo(Math.min(larger, maxBytes));
                bytes = Arrays.copyOf(bytes, larger);
            }
        }
    }

    private int read(byte[] into, int from, int wanted) {
        int n;
        try {
            n = in.read(into, from, wanted);
        } catch (InterruptedIOException e) {
            throw RequestException.timedOut("the request body did not come in time", e);
        } catch (IOException e) {
            throw RequestException.brokenOff("the request body broke off after " + count + " bytes", e);
        }
        if (n > 0) {
            count += n;
            if (count > maxBytes) {
                throw tooLarge(maxBytes);
            }
        }
        return n;
    }
}
