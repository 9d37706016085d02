package io.millrace.process;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Takes what servers export by OTLP over HTTP, as far as it is spans, and keeps it. */
final class TraceCollector implements AutoCloseable {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    /** @param parent empty: there is none */
    record Span(String trace, String id, String parent, String name) {
    }

    TraceCollector() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", this::take);
        server.start();
    }

    /** As an exporter is told it. */
    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** In the order in which they came. */
    List<Span> spans() {
        return List.copyOf(spans);
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            ByteBuffer request = ByteBuffer.wrap(exchange.getRequestBody().readAllBytes());
            each(request, 1, resource -> each(resource, 2, scope -> each(scope, 2, this::add)));
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private void add(ByteBuffer span) {
        String[] found = {"", "", "", ""};
        each(span.duplicate(), 1, value -> found[0] = hex(value));
        each(span.duplicate(), 2, value -> found[1] = hex(value));
        each(span.duplicate(), 4, value -> found[2] = hex(value));
        each(span.duplicate(), 5, value -> found[3] = StandardCharsets.UTF_8.decode(value).toString());
        spans.add(new Span(found[0], found[1], found[2], found[3]));
    }

    private static String hex(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The fields of a message that have a number and are bytes. */
    private static void each(ByteBuffer message, int number, Consumer<ByteBuffer> taker) {
        while (message.hasRemaining()) {
            long tag = varint(message);
            switch ((int) (tag & 7)) {
                case VARINT -> varint(message);
                case FIXED_64 -> message.position(message.position() + Long.BYTES);
                case FIXED_32 -> message.position(message.position() + Integer.BYTES);
                case BYTES -> {
                    int length = (int) varint(message);
                    ByteBuffer value = message.slice(message.position(), length);
                    message.position(message.position() + length);
                    if (tag >> 3 == number) {
                        taker.accept(value);
                    }
                }
                default -> throw new IllegalArgumentException("no field begins with " + tag);
            }
        }
    }

    private static long varint(ByteBuffer from) {
        long value = 0;
        for (int shift = 0;; shift += 7) {
            byte next = from.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
