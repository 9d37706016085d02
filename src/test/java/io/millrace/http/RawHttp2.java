package io.millrace.http;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** One request of HTTP/2 by a client that knows beforehand that the server speaks it; as little of the protocol as that takes. */
final class RawHttp2 implements AutoCloseable {
    private static final int PATIENCE_MS = 60_000;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RESET = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GO_AWAY = 7;
    private static final int ACK = 1;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int STREAM = 1;

    private final URI server;
    private final Socket socket;
    private final OutputStream out;
    private final DataInputStream in;

    RawHttp2(URI server) {
        this.server = server;
        try {
            socket = new Socket(server.getHost(), server.getPort());
            socket.setSoTimeout(PATIENCE_MS);
            out = socket.getOutputStream();
            in = new DataInputStream(socket.getInputStream());
            out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            frame(SETTINGS, 0, 0, new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * @param length what the request tells of its body, or -1
     * @return the answer's body, or what the server said instead
     */
    String post(String path, String contentType, int length, String body) {
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        header(headers, ":method", "POST");
        header(headers, ":scheme", "http");
        header(headers, ":authority", server.getAuthority());
        header(headers, ":path", path);
        header(headers, "content-type", contentType);
        if (length >= 0) {
            header(headers, "content-length", Integer.toString(length));
        }
        try {
            frame(HEADERS, END_HEADERS, STREAM, headers.toByteArray());
            frame(DATA, END_STREAM, STREAM, body.getBytes(StandardCharsets.UTF_8));
            return answer();
        } catch (EOFException e) {
            return "the connection was closed";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String answer() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            in.readInt();
            byte[] payload = in.readNBytes(length);
            if (type == SETTINGS && flags != ACK || type == PING && flags != ACK) {
                frame(type, ACK, 0, type == PING ? payload : new byte[0]);
            } else if (type == RESET || type == GO_AWAY) {
                return "the stream was reset";
            } else if (type == DATA) {
                body.write(payload);
            }
            if ((type == DATA || type == HEADERS) && (flags & END_STREAM) != 0) {
                return body.toString(StandardCharsets.UTF_8);
            }
        }
    }

    /** Literal, not indexed, no Huffman code. */
    private static void header(ByteArrayOutputStream into, String name, String value) {
        into.write(0);
        for (String text : new String[] {name, value}) {
            into.write(text.length());
            into.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(new byte[] {(byte) (payload.length >> 16), (byte) (payload.length >> 8), (byte) payload.length, (byte) type,
            (byte) flags, 0, 0, 0, (byte) stream});
        frame.writeBytes(payload);
        out.write(frame.toByteArray());
        out.flush();
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
