package io.millrace.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * One keep-alive HTTP/1.1 connection that costs next to nothing, because it shares two cores with the server that it
 * measures: a blocking channel, a direct buffer, no object beyond the answer. Used by one thread; closing it from
 * another ends an exchange that hangs.
 */
final class HttpConnection implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int LONGEST_LINE = 8 * 1024;
    private static final int KEPT_OF_BODY = 400;

    private final Channel channel;
    private final ReadableByteChannel from;
    private final WritableByteChannel to;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);
    private final byte[] line = new byte[LONGEST_LINE];
    private final StringBuilder errorBody = new StringBuilder();
    private boolean keepBody;
    private boolean keepEveryBody;

    HttpConnection(InetSocketAddress server) throws IOException {
        SocketChannel plain = SocketChannel.open(server);
        plain.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel = plain;
        from = plain;
        to = plain;
    }

    /** By TLS, which costs this side as much as the server. */
    HttpConnection(InetSocketAddress server, SSLContext keys) throws IOException {
        SSLSocket socket = (SSLSocket) keys.getSocketFactory().createSocket(server.getHostString(), server.getPort());
        socket.setTcpNoDelay(true);
        socket.startHandshake();
        from = Channels.newChannel(socket.getInputStream());
        to = Channels.newChannel(socket.getOutputStream());
        channel = from;
    }

    /** Answers have the first bytes of their bodies from now on, whatever their status is. */
    void keepBodies() {
        keepEveryBody = true;
    }

    /** Sends a whole request, head and body (position to limit, left as they are), and reads the whole answer. */
    HttpAnswer exchange(ByteBuffer request) throws IOException {
        ByteBuffer out = request.duplicate();
        while (out.hasRemaining()) {
            to.write(out);
        }
        int status = statusOf(readLine());
        long length = -1;
        long offset = -1;
        long nextOffset = -1;
        boolean chunked = false;
        for (int n = readLine(); n > 0; n = readLine()) {
            if (lineBegins("content-length:", n)) {
                length = number(15, n);
            } else if (lineBegins("millrace-offset:", n)) {
                offset = number(16, n);
            } else if (lineBegins("millrace-next-offset:", n)) {
                nextOffset = number(21, n);
            } else if (lineBegins("transfer-encoding:", n)) {
                chunked = text(18, n).toLowerCase(Locale.ROOT).contains("chunked");
            }
        }
        keepBody = keepEveryBody || status >= 300;
        errorBody.setLength(0);
        long body = 0;
        if (chunked) {
            body = skipChunks();
        } else if (length > 0) {
            skip(length);
            body = length;
        } else if (length < 0 && status != 204 && status != 304) {
            throw new IOException("answer " + status + " has neither Content-Length nor chunks");
        }
        return new HttpAnswer(status, body, offset, nextOffset, errorBody.toString());
    }

    private long skipChunks() throws IOException {
        long total = 0;
        for (long size = chunkSize(); size > 0; size = chunkSize()) {
            skip(size);
            total += size;
            readLine();
        }
        while (readLine() > 0) {
            // a trailer
        }
        return total;
    }

    private long chunkSize() throws IOException {
        String size = text(0, readLine());
        int extension = size.indexOf(';');
        return Long.parseLong((extension < 0 ? size : size.substring(0, extension)).trim(), 16);
    }

    /** Reads a line into {@link #line} and returns its length without the line's end. */
    private int readLine() throws IOException {
        for (int n = 0; n < line.length; n++) {
            if (!in.hasRemaining()) {
                fill();
            }
            byte b = in.get();
            if (b == '\n') {
                return n > 0 && line[n - 1] == '\r' ? n - 1 : n;
            }
            line[n] = b;
        }
        throw new IOException("a line of the answer's head is longer than " + LONGEST_LINE + " bytes");
    }

    private void skip(long bytes) throws IOException {
        for (long left = bytes; left > 0; ) {
            if (!in.hasRemaining()) {
                fill();
            }
            int step = (int) Math.min(left, in.remaining());
            if (keepBody && errorBody.length() < KEPT_OF_BODY) {
                byte[] kept = new byte[Math.min(step, KEPT_OF_BODY)];
                in.duplicate().get(kept);
                errorBody.append(new String(kept, StandardCharsets.UTF_8));
            }
            in.position(in.position() + step);
            left -= step;
        }
    }

    private void fill() throws IOException {
        in.clear();
        int read = from.read(in);
        in.flip();
        if (read < 0) {
            throw new EOFException("the server closed the connection within an answer");
        }
    }

    private int statusOf(int lineLength) throws IOException {
        String status = text(0, lineLength);
        if (!status.startsWith("HTTP/1.1 ") || status.length() < 12) {
            throw new IOException("not an HTTP/1.1 answer: " + status);
        }
        return Integer.parseInt(status.substring(9, 12));
    }

    private boolean lineBegins(String name, int lineLength) {
        if (lineLength < name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            int b = line[i] >= 'A' && line[i] <= 'Z' ? line[i] + 32 : line[i];
            if (b != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private long number(int from, int to) {
        return Long.parseLong(text(from, to).trim());
    }

    private String text(int from, int to) {
        return new String(line, from, to - from, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
