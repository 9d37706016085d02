package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a server with the shipped heap keeps of its answers: nothing, once they are out, however large they were. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnswerMemoryIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final long LOAD_SECONDS = Boolean.getBoolean("millrace.long") ? 120 : 12;
    /** Of arrays, beyond what there was before; much less than a second's answers. */
    private static final long GROWTH_BYTES = 60L << 20;
    private static final int SHORT_RECORDS = Boolean.getBoolean("millrace.long") ? 2_000_000 : 600_000;
    private static final String JSON = "application/vnd.kafka.json.v2+json";
    private static final String DIALECT = "application/vnd.kafka.v2+json";
    private static final Pattern BYTES = Pattern.compile("^\\s*\\d+:\\s+\\d+\\s+(\\d+)\\s+\\[B\\b.*$", Pattern.MULTILINE);
    private static final Pattern PID = Pattern.compile("pid (\\d+)");

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private LocalServers servers;

    @BeforeAll
    void start() {
        servers = new LocalServers("answer memory");
        servers.start();
    }

    @AfterAll
    void stop() {
        threads.shutdownNow();
        servers.close();
    }

    private HttpResponse<byte[]> send(String method, String path, String contentType, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(servers.url(1) + path)).timeout(PATIENCE)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", contentType);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> send(int status, String method, String path, String contentType, String body) throws Exception {
        HttpResponse<byte[]> answer = send(method, path, contentType, body);
        assertThat(answer.statusCode()).as(() -> text(answer)).isEqualTo(status);
        return answer;
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), 0, Math.min(1000, answer.body().length), StandardCharsets.UTF_8);
    }

    private void topic(String name) throws Exception {
        send(201, "POST", "/admin/topics", "application/json", "{\"topic_name\":\"" + name + "\"}");
    }

    private void produce(String topic, int count, String value) throws Exception {
        String list = IntStream.range(0, count).mapToObj(i -> "{\"value\":" + value + "}").collect(Collectors.joining(","));
        send(200, "POST", "/topics/" + topic, JSON, "{\"records\":[" + list + "]}");
    }

    /** @return where it polls */
    private String consumer(String group, String topic, String reset, int maxRecords) throws Exception {
        send(200, "POST", "/consumers/" + group, DIALECT, "{\"name\":\"c\",\"format\":\"json\",\"auto.offset.reset\":\"" + reset
                + "\",\"max.poll.records\":" + maxRecords + "}");
        String consumer = "/consumers/" + group + "/instances/c";
        send(204, "POST", consumer + "/subscription", DIALECT, "{\"topics\":[\"" + topic + "\"]}");
        return consumer + "/records";
    }

    /** In arrays of bytes that can be reached, after a full collection. */
    private long liveBytes() throws IOException, InterruptedException {
        Matcher pid = PID.matcher(servers.run("status").succeeded().output());
        assertThat(pid.find()).isTrue();
        Process histogram = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), pid.group(1),
                "GC.class_histogram").redirectErrorStream(true).start();
        String output = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(histogram.waitFor()).as(output).isZero();
        Matcher bytes = BYTES.matcher(output);
        assertThat(bytes.find()).as(output).isTrue();
        return Long.parseLong(bytes.group(1));
    }

    @Test
    void pollsThatWaitWhileMuchIsProducedLeaveNothingBehind() throws Exception {
        topic("much");
        long before = liveBytes();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LOAD_SECONDS);
        AtomicLong given = new AtomicLong();
        List<Future<?>> loads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String records = consumer("looping-" + i, "much", "latest", 500);
            loads.add(threads.submit(() -> {
                while (System.nanoTime() < end) {
                    given.addAndGet(send(200, "GET", records + "?timeout=1000", null, null).body().length);
                }
                return null;
            }));
        }
        loads.add(threads.submit(() -> {
            for (long next = System.nanoTime(); next < end; next += TimeUnit.MILLISECONDS.toNanos(100)) {
                produce("much", 100, "\"" + "x".repeat(8_000) + "\"");
                LockSupport.parkNanos(next - System.nanoTime());
            }
            return null;
        }));
        for (Future<?> load : loads) {
            load.get();
        }
        assertThat(given.get()).isGreaterThan(4L << 20);
        assertThat(liveBytes() - before).as("live bytes after %d were given", given.get()).isLessThan(GROWTH_BYTES);
    }

    @Test
    void largePollsAndFetchesLeaveNothingBehind() throws Exception {
        topic("large");
        for (int i = 0; i < 24; i++) {
            produce("large", 2, "\"" + "y".repeat(1_000_000) + "\"");
        }
        long before = liveBytes();
        for (int i = 0; i < 6; i++) {
            String records = consumer("large-" + i, "large", "earliest", 500);
            for (int round = 0; round < 3; round++) {
                assertThat(send(200, "GET", records + "?max_bytes=16777216&timeout=5000", null, null).body())
                        .hasSizeGreaterThan(14 << 20);
            }
            String fetch = "/topics/large/partitions/0/records?max_bytes=16777216&timeout=20000&offset=0";
            assertThat(send(200, "GET", fetch, null, null).body()).hasSizeGreaterThan(14 << 20);
            assertThat(send(200, "GET", fetch + "&min_bytes=16000000", null, null).body()).hasSizeGreaterThan(14 << 20);
        }
        assertThat(liveBytes() - before).isLessThan(GROWTH_BYTES);
    }

    @Test
    void consumersThatAskForMuchOfShortValuesAreServedWithinTheShippedHeap() throws Exception {
        topic("short");
        for (int i = 0; i < SHORT_RECORDS / 100_000; i++) {
            produce("short", 100_000, i % 2 == 0 ? "1" : "null");
        }
        List<Future<Integer>> loads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String group = "short-" + i;
            loads.add(threads.submit(() -> readAll(consumer(group, "short", "earliest", 10_000_000))));
        }
        for (Future<Integer> load : loads) {
            assertThat(load.get()).isEqualTo(SHORT_RECORDS);
        }
    }

    /** Tries again only where that is what it was told. */
    private int readAll(String records) throws Exception {
        int count = 0;
        while (count < SHORT_RECORDS) {
            HttpResponse<byte[]> answer = send("GET", records + "?max_bytes=16777216&timeout=1000", null, null);
            if (answer.statusCode() == 503) {
                assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                continue;
            }
            assertThat(answer.statusCode()).as(() -> text(answer)).isEqualTo(200);
            int found = records(answer.body());
            assertThat(found).as("after %d", count).isPositive();
            count += found;
        }
        return count;
    }

    private static int records(byte[] list) {
        int count = 0;
        for (byte each : list) {
            if (each == '{') { // its values have none
                count++;
            }
        }
        return count;
    }
}
