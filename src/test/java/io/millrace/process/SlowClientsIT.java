package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Clients that take nothing of their answers, and others that drip their requests, beside such as behave. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SlowClientsIT {
    private static final int SLOW = 64;
    private static final long MIB = 1 << 20;
    /** More than the system takes for a client that reads nothing. */
    private static final int ANSWER_BYTES = 4_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String JSON = "application/vnd.kafka.json.v2+json";
    private static final String DIALECT = "application/vnd.kafka.v2+json";
    private static final String BATCH = "application/vnd.millrace.batch";

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Socket> sockets = new ArrayList<>();
    private final ExecutorService threads = Executors.newSingleThreadExecutor();
    private LocalServers servers;

    @BeforeAll
    void start() throws Exception {
        servers = new LocalServers("slow clients");
        servers.with("MILLRACE_ANSWER_TIMEOUT_MS", "20000").with("MILLRACE_REQUEST_MEMORY_BYTES", Integer.toString(640 << 20))
                .with("JVM_ARGS", "-XX:TieredStopAtLevel=1 -Xmx1g");
        servers.start();
        for (String topic : List.of("large", "normal")) {
            send(201, "POST", "/admin/topics", "application/json", "{\"topic_name\":\"" + topic + "\"}");
        }
        for (int i = 0; i < 4; i++) {
            send(200, "POST", "/topics/large", JSON, "{\"records\":[{\"value\":\"" + "x".repeat(1_000_000) + "\"}]}");
        }
    }

    @AfterAll
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        threads.shutdownNow();
        servers.close();
    }

    private String send(int status, String method, String path, String contentType, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(servers.url(1) + path)).timeout(PATIENCE)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (contentType != null) {
            request.header("Content-Type", contentType);
        }
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return answer.body();
    }

    private long gauge(String name) throws Exception {
        Matcher value = Pattern.compile("^" + name + "\\{.*} (\\S+)$", Pattern.MULTILINE).matcher(send(200, "GET", "/metrics", null, null));
        assertThat(value.find()).as(name).isTrue();
        return (long) Double.parseDouble(value.group(1));
    }

    private Socket open(String request) throws IOException {
        URI server = servers.url(1);
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4 * 1024); // its system takes little for it
        socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.getOutputStream().write((request + "Host: " + server.getAuthority() + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
        sockets.add(socket);
        return socket;
    }

    private void normalRequests() throws Exception {
        send(200, "POST", "/topics/normal", JSON, "{\"records\":[{\"value\":\"n\"}]}");
        assertThat(send(200, "GET", "/topics/normal/partitions/0/records?offset=0&max_bytes=1000&timeout=1000", null, null))
                .contains("\"n\"");
        assertThat(send(200, "GET", "/consumers/g/instances/c/records?timeout=10000", null, null)).contains("\"n\"");
    }

    @Test
    void slowClientsHoldNobodyUpAndAreCutOff() throws Exception {
        send(200, "POST", "/consumers/g", DIALECT, "{\"name\":\"c\",\"format\":\"json\",\"auto.offset.reset\":\"earliest\"}");
        send(204, "POST", "/consumers/g/instances/c/subscription", DIALECT, "{\"topics\":[\"normal\"]}");
        List<Socket> readers = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            readers.add(open("GET /topics/large/partitions/0/records?offset=0&max_bytes=4100000 HTTP/1.1\r\nAccept: "
                    + BATCH + "\r\n"));
        }
        Socket dripped = readers.remove(0);
        AtomicBoolean cutOff = new AtomicBoolean();
        Future<?> dripping = threads.submit(() -> {
            assertThat(count(dripped, cutOff::get)).isLessThan(ANSWER_BYTES);
            return null;
        });
        List<Socket> writers = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            Socket writer = open("POST /topics/normal HTTP/1.1\r\nContent-Type: " + JSON + "\r\nContent-Length: 1000\r\n");
            writer.getOutputStream().write('{');
            writers.add(writer);
        }
        await("the slow readers' answers have begun", () -> gauge("millrace_answer_threads") >= SLOW);

        for (int i = 0; i < 20; i++) {
            normalRequests();
        }
        assertThat(gauge("millrace_answer_threads")).isLessThanOrEqualTo(192);
        await("the memory of all of them was given back", () -> gauge("millrace_request_memory_bytes") < MIB);
        cutOff.set(true);
        dripping.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

        for (Socket reader : readers) {
            assertThat(count(reader, () -> true)).isLessThan(ANSWER_BYTES);
        }
        for (Socket writer : writers) {
            writer.close();
        }
        await("nothing is held", () -> gauge("millrace_request_memory_bytes") == 0);
        await("the threads have ended", () -> gauge("millrace_answer_threads") < 8);
        normalRequests();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    /** What comes until the server's end of it. @param fast whether it is taken as it comes, and not a little at a time */
    private static long count(Socket reader, BooleanSupplier fast) throws IOException {
        long count = 0;
        byte[] bytes = new byte[1024];
        try (InputStream in = reader.getInputStream()) {
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                count += n;
                if (!fast.getAsBoolean()) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                }
            }
        } catch (SocketException reset) {
            return count;
        }
        return count;
    }
}
