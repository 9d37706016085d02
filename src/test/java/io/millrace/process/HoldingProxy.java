package io.millrace.process;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Stands between a client and a server, and holds one request at a chosen point, so that a test can kill either of them right there.
 * What was held is answered to nobody.
 */
final class HoldingProxy implements AutoCloseable {
    /** Where a request is held. */
    enum Point { BEFORE_IT_ARRIVES, AFTER_IT_IS_DONE }

    /** These belong to a connection. */
    private static final Set<String> LEFT_OUT = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    static {
        LEFT_OUT.addAll(Set.of("Connection", "Content-Length", "Host", "HTTP2-Settings", "Upgrade", "Transfer-Encoding", "Date",
                "Keep-Alive", "Expect"));
    }

    private final URI target;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1)).build();
    /** Null: nothing is to be held. */
    private volatile Hold hold;

    /** A request as it came. */
    record Seen(String method, String target, Map<String, List<String>> headers, byte[] body) {
    }

    /** One request that is to be held: the first whose path ends so. */
    static final class Hold {
        private final String pathEnd;
        private final Point point;
        private final CountDownLatch held = new CountDownLatch(1);
        private volatile Seen seen;
        private final CountDownLatch released = new CountDownLatch(1);

        private Hold(String pathEnd, Point point) {
            this.pathEnd = pathEnd;
            this.point = point;
        }

        /** Waits until it has come there. @return it */
        Seen await() throws InterruptedException {
            if (!held.await(60, TimeUnit.SECONDS)) {
                throw new AssertionError("no request to " + pathEnd + " has come");
            }
            return seen;
        }

        /** Lets its connection break. */
        void release() {
            released.countDown();
        }

        private void holdHere(Seen request) throws IOException {
            seen = request;
            held.countDown();
            try {
                released.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            throw new IOException("held");
        }
    }

    HoldingProxy(URI target, int port) throws IOException {
        this.target = target;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    URI url() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    Hold hold(String pathEnd, Point point) {
        hold = new Hold(pathEnd, point);
        return hold;
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            Seen request = new Seen(exchange.getRequestMethod(), exchange.getRequestURI().toString(), exchange.getRequestHeaders(),
                    exchange.getRequestBody().readAllBytes());
            Hold mine = take(exchange.getRequestURI().getPath());
            if (mine != null && mine.point == Point.BEFORE_IT_ARRIVES) {
                mine.holdHere(request);
            }
            HttpResponse<byte[]> answer = send(request, target);
            if (mine != null) {
                mine.holdHere(request);
            }
            answer.headers().map().forEach((name, values) -> {
                if (!LEFT_OUT.contains(name)) {
                    exchange.getResponseHeaders().put(name, values);
                }
            });
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (IOException broken) {
            // and so is the client's connection, when it is closed without an answer
        }
    }

    private synchronized Hold take(String path) {
        Hold next = hold;
        if (next == null || !path.endsWith(next.pathEnd)) {
            return null;
        }
        hold = null;
        return next;
    }

    /** Sends a request, or what was made of one. */
    HttpResponse<byte[]> send(Seen seen, URI to) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(to + seen.target()))
                .timeout(Duration.ofSeconds(30)).method(seen.method(), HttpRequest.BodyPublishers.ofByteArray(seen.body()));
        seen.headers().forEach((name, values) -> {
            if (!LEFT_OUT.contains(name)) {
                values.forEach(value -> request.header(name, value));
            }
        });
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException(stopped);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
