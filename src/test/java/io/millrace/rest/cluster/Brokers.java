package io.millrace.rest.cluster;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Two brokers of a cluster: 1, which asks, and 2, whose run is called {@link #RUN}. */
public final class Brokers {
    public static final String RUN = "its-run";

    private Brokers() {
    }

    public static BrokerSignatures sender() {
        return signatures("s3cret", 1, "run");
    }

    public static BrokerSignatures receiver() {
        return signatures("s3cret", 2, RUN);
    }

    public static BrokerSignatures signatures(String secret, int brokerId, String session) {
        return new BrokerSignatures(new ClusterSecret(secret, null), new BrokerRun(brokerId, session, 1_000), Clock.systemUTC());
    }

    /** @param headers each with one value */
    public static RequestHead head(String method, String path, String query, Map<String, String> headers) {
        return new RequestHead(method, path, query, one(headers));
    }

    private static Function<String, List<String>> one(Map<String, String> headers) {
        return name -> headers.containsKey(name) ? List.of(headers.get(name)) : List.of();
    }

    /** A new body's. */
    public static BodySeal seal() {
        return sender().sign(head("POST", "/", null, Map.of(BrokerHeaders.BODY, "1")), 2, RUN).seal();
    }

    /** Takes the request as a server does, and has its body read as it was before it was put into frames. */
    public static void take(BrokerSignatures receiver, HttpExchange exchange) throws IOException {
        FrameReader frames = receiver.take(new RequestHead(exchange.getRequestMethod(), exchange.getRequestURI().getRawPath(),
                exchange.getRequestURI().getRawQuery(), name -> exchange.getRequestHeaders().getOrDefault(name, List.of())));
        InputStream framed = exchange.getRequestBody();
        exchange.setStreams(new InputStream() {
            private InputStream plain;

            @Override
            public int read() throws IOException {
                plain = plain == null ? new ByteArrayInputStream(plain(framed, frames)) : plain;
                return plain.read();
            }
        }, null);
    }

    /** All of it. @throws ForgedRequestException when it is another one */
    public static byte[] plain(InputStream framed, FrameReader frames) throws IOException {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        byte[] taken = new byte[1000];
        while (!frames.isLast()) {
            int count = framed.read(frames.buffer(), frames.position(), frames.wanted());
            if (count < 0) {
                throw new EOFException("it ended before its end");
            }
            frames.came(count);
            while (frames.available() > 0) {
                plain.write(taken, 0, frames.take(taken, 0, taken.length));
            }
        }
        if (framed.read() >= 0) {
            throw frames.forged();
        }
        return plain.toByteArray();
    }
}
