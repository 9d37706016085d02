package io.millrace.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A connection for one request after the other, each given as text. */
final class KeptAlive implements AutoCloseable {
    private static final int PATIENCE_MS = 60_000;

    private final Socket socket;
    private final InputStream in;

    KeptAlive(URI server) {
        try {
            socket = new Socket(server.getHost(), server.getPort());
            socket.setSoTimeout(PATIENCE_MS);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * @param status 0: the connection was closed without an answer
     * @param head   in lower case
     */
    record Answer(int status, String head, String body) {
        /** The server closes the connection. */
        boolean isLast() {
            return status == 0 || head.contains("\nconnection: close");
        }
    }

    Answer exchange(String request) {
        try {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            String head = head();
            if (head.isEmpty()) {
                return new Answer(0, "", "");
            }
            int status = Integer.parseInt(head.substring(9, 12));
            boolean empty = request.startsWith("HEAD ") || status == 204 || status == 304;
            String body = empty ? "" : head.contains("\ntransfer-encoding: chunked") ? chunks()
                    : new String(in.readNBytes(length(head)), StandardCharsets.UTF_8);
            return new Answer(status, head, body);
        } catch (IOException e) {
            throw new UncheckedIOException("no answer to: " + request, e);
        }
    }

    private String head() throws IOException {
        StringBuilder head = new StringBuilder();
        String line = line();
        while (!line.isEmpty()) {
            head.append(line).append('\n');
            line = line();
        }
        return head.toString().toLowerCase(Locale.ROOT);
    }

    private static int length(String head) {
        int at = head.indexOf("\ncontent-length: ");
        return at < 0 ? 0 : Integer.parseInt(head.substring(at + 17, head.indexOf('\n', at + 17)).strip());
    }

    private String chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int size = Integer.parseInt(line(), 16);
        while (size > 0) {
            body.writeBytes(in.readNBytes(size));
            line();
            size = Integer.parseInt(line(), 16);
        }
        line();
        return body.toString(StandardCharsets.UTF_8);
    }

    /** Empty as well when the connection was closed. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        int c = in.read();
        while (c >= 0 && c != '\n') {
            line.append(c == '\r' ? "" : (char) c);
            c = in.read();
        }
        return line.toString();
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
