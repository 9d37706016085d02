package io.millrace.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A connection to the server, byte by byte, for what no well-behaved client does. */
final class RawHttp implements AutoCloseable {
    private static final int PATIENCE_MS = 60_000;

    private final Socket socket;

    RawHttp(URI server) {
        this(server, null);
    }

    /** @param from the address that the server sees, one of this machine's own; null: any */
    RawHttp(URI server, String from) {
        try {
            socket = new Socket();
            if (from != null) {
                socket.bind(new InetSocketAddress(from, 0));
            }
            socket.setSoTimeout(PATIENCE_MS);
            socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a whole request and gives the whole answer. */
    static String exchange(URI server, String request) {
        try (RawHttp http = new RawHttp(server)) {
            http.send(request);
            return http.answer();
        }
    }

    void send(String text) {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether anything has come. */
    boolean hasAnswer() {
        try {
            return socket.getInputStream().available() > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What comes until the server closes the connection or a body of the told length is complete. */
    String answer() {
        StringBuilder text = new StringBuilder();
        try {
            InputStream in = socket.getInputStream();
            byte[] bytes = new byte[8192];
            int n;
            while (!isComplete(text) && (n = in.read(bytes)) >= 0) {
                text.append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
            }
        } catch (SocketException reset) {
            // the server closed a connection that it would not read to the end: what came before counts
            return text.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static boolean isComplete(StringBuilder text) {
        int head = text.indexOf("\r\n\r\n");
        int length = text.indexOf("Content-Length: ");
        if (head < 0 || length < 0 || length > head) {
            return false;
        }
        int end = text.indexOf("\r\n", length);
        int expected = Integer.parseInt(text.substring(length + "Content-Length: ".length(), end).strip());
        return text.length() >= head + 4 + expected;
    }

    /** Breaks the connection off at once, with a reset. */
    void abort() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
