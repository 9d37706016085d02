package io.millrace.rest.body;

import io.millrace.rest.dialect.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A request's body within the limit of a request, its bytes reserved as they come, whatever the request tells of its length. Errors
 * of the connection come out as {@link RequestException}, so that they are told apart from ours.
 */
public final class RequestBody {
    /** Reserved for who sends nothing yet. */
    private static final int FIRST_BYTES = 8 * 1024;
    /** Reserved ahead of the bytes at most. */
    private static final int PIECE_BYTES = 256 * 1024;

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
    public RequestBody(InputStream in, String contentLength, int maxBytes, MemoryBudget.Reservation memory) {
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
    public long length() {
        return length;
    }

    /**
     * The next bytes, as many as have come: 1 or more, or -1 at the end. For a body that is not kept; reserves nothing.
     *
     * @throws RequestException 413 when it grows larger than allowed, 400 or 408 when it does not come to its end
     */
    public int read(byte[] into) {
        return read(into, 0, into.length);
    }

    /**
     * The whole body in an array of its size.
     *
     * @throws RequestException 503 when there is no memory for it, 413 when it grows larger than allowed, 400 or
     *                          408 when it does not come to its end
     */
    public byte[] readFully() {
        List<byte[]> pieces = new ArrayList<>();
        int size = FIRST_BYTES;
        long kept = 0;
        while (true) {
            // one byte more than there may be is enough to notice
            byte[] piece = piece((int) Math.min(size, (length >= 0 ? length : maxBytes) + 1 - kept), kept);
            int filled = fill(piece);
            kept += filled;
            pieces.add(piece);
            if (filled < piece.length) {
                return joined(pieces, (int) kept);
            }
            size = Math.min(2 * size, PIECE_BYTES);
        }
    }

    private byte[] piece(int size, long kept) {
        memory.growTo(Math.min(kept + size, maxBytes));
        return new byte[size];
    }

    /** Less than there is room for: the body has come to its end. */
    private int fill(byte[] piece) {
        int at = 0;
        while (at < piece.length) {
            int n = read(piece, at, piece.length - at);
            if (n < 0) {
                return at;
            }
            at += n;
        }
        return at;
    }

    private byte[] joined(List<byte[]> pieces, int size) {
        memory.growTo(Math.min(memory.held() + size, 2L * maxBytes));
        byte[] all = new byte[size];
        int at = 0;
        for (byte[] piece : pieces) {
            int n = Math.min(piece.length, size - at);
            System.arraycopy(piece, 0, all, at, n);
            at += n;
        }
        pieces.clear();
        memory.resize(size);
        return all;
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
            if (length >= 0 && count > length) {
                throw RequestException.badRequest("the request body is longer than the " + length + " bytes that Content-Length tells");
            }
        } else if (n < 0 && count < length) {
            throw RequestException.badRequest("the request body ended after " + count + " of " + length + " bytes");
        }
        return n;
    }
}
