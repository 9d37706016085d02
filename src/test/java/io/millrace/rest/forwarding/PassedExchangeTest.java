package io.millrace.rest.forwarding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RequestBody;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.ClusterSecret;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.forwarding.PassedAnswer.Header;
import io.millrace.rest.forwarding.PassedRequest.Owner;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PassedExchangeTest {
    private static final int MAX_BYTES = 2 << 20;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final AnswerDeadlines deadlines = new AnswerDeadlines(new Deadlines(timers, System::nanoTime), threads);
    private final ClusterSecret secret = new ClusterSecret("s3cret", Clock.systemUTC());
    private final Peers peers = new Peers(1, secret, Peers.client(threads), threads, new PassedWaits());
    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private HttpServer server;
    private Member leader;
    private volatile HttpHandler handler;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                handler.handle(exchange);
            }
        });
        server.start();
        leader = new Member(2, "its-run", "http://127.0.0.1:" + server.getAddress().getPort(), null);
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
        timers.shutdownNow();
    }

    @Test
    void aRequestArrivesAsItWasWritten() throws Exception {
        handler = exchange -> {
            assertThat(exchange.getRequestMethod()).isEqualTo("GET");
            assertThat(exchange.getRequestURI().toString())
                    .isEqualTo("/topics/a%2Eb/partitions/0/records?offset=timestamp%3A5&x=%2F+");
            assertThat(exchange.getRequestHeaders().get("Accept")).containsExactly("text/plain;q=0.5", "*/*");
            assertThat(exchange.getRequestHeaders().get("Millrace-Forwarded")).containsExactly("1");
            assertThat(exchange.getRequestHeaders().get("Millrace-Poll")).containsExactly("7");
            assertThat(BrokerHeaders.disbelieved(secret, "GET", exchange.getRequestURI().getRawPath(),
                    exchange.getRequestHeaders()::getFirst)).as("the broker that it comes from is believed").isEmpty();
            assertThat(exchange.getRequestHeaders()).doesNotContainKeys("Authorization", "Content-type");
            exchange.sendResponseHeaders(200, -1);
        };
        PassedRequest request = new PassedRequest(Owner.LEADER, "a.b-0", "GET",
                "/topics/a%2Eb/partitions/0/records?offset=timestamp%3A5&x=%2F+", null,
                List.of("text/plain;q=0.5", "*/*"), null, false, Map.of("Millrace-Poll", "7"));

        assertThat(answer(new PassedExchange(peers, leader, request, 10_000, deadlines).send()).status()).isEqualTo(200);
    }

    @Test
    void theAnswerComesBackWithTheHeadersThatAreForClients() throws Exception {
        byte[] bytes = bytes(500_000);
        handler = exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "application/vnd.millrace.batch");
            exchange.getResponseHeaders().add("Millrace-Offset", "7");
            exchange.getResponseHeaders().add("millrace-next-offset", "9");
            exchange.getResponseHeaders().add("Millrace-Leader", "http://elsewhere");
            exchange.getResponseHeaders().add("Retry-After", "1");
            exchange.getResponseHeaders().add("Set-Cookie", "a=b");
            exchange.getResponseHeaders().add("X-Powered-By", "x");
            exchange.sendResponseHeaders(206, bytes.length);
            exchange.getResponseBody().write(bytes);
        };

        try (PassedAnswer answer = answer(get().send())) {
            assertThat(answer.status()).isEqualTo(206);
            assertThat(answer.headers()).extracting(header -> new Header(header.name().toLowerCase(), header.value()))
                    .containsExactlyInAnyOrder(new Header("content-type", "application/vnd.millrace.batch"),
                            new Header("content-length", "500000"), new Header("millrace-offset", "7"),
                            new Header("millrace-next-offset", "9"), new Header("retry-after", "1"),
                            new Header("millrace-leader", leader.url()));
            assertThat(body(answer)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 16 * 1024, 16 * 1024 + 1, MAX_BYTES})
    void aBodyOfKnownLengthGoesThrough(int length) throws Exception {
        byte[] sent = bytes(length);
        handler = exchange -> {
            assertThat(exchange.getRequestHeaders().getFirst("Content-Length")).isEqualTo(Integer.toString(length));
            assertThat(exchange.getRequestHeaders().getFirst("Content-Type")).isEqualTo("some/type");
            echo(exchange);
        };

        assertThat(body(answer(post().send(body(new ByteArrayInputStream(sent), Integer.toString(length))))))
                .isEqualTo(sent);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100_000, MAX_BYTES})
    void aBodyOfUnknownLengthGoesThrough(int length) throws Exception {
        byte[] sent = bytes(length);
        handler = PassedExchangeTest::echo;

        assertThat(body(answer(post().send(body(new ByteArrayInputStream(sent), null))))).isEqualTo(sent);
    }

    @Test
    void anEmptyBodyGoesThrough() throws Exception {
        handler = PassedExchangeTest::echo;

        assertThat(body(answer(post().send(body(new ByteArrayInputStream(new byte[0]), "0"))))).isEmpty();
    }

    @Test
    void aBodyThatGrowsOverTheLimitIsGivenUp() {
        handler = PassedExchangeTest::echo;

        assertThat(status(() -> post().send(body(new ByteArrayInputStream(bytes(MAX_BYTES + 1)), null))))
                .isEqualTo(413);
    }

    @Test
    void aBodyThatBreaksOffIsGivenUp() {
        handler = PassedExchangeTest::echo;

        assertThat(status(() -> post().send(body(new ByteArrayInputStream(bytes(100_000)), "100001"))))
                .isEqualTo(400);
        assertThat(status(() -> post().send(body(new InputStream() {
            @Override
            public int read() throws IOException {
                throw new SocketTimeoutException();
            }
        }, null)))).isEqualTo(408);
    }

    @Test
    void aLeaderThatRefusesEarlyIsBelieved() throws Exception {
        handler = exchange -> exchange.sendResponseHeaders(503, -1);
        InputStream endless = new InputStream() {
            private int count;

            @Override
            public int read() {
                return ++count > MAX_BYTES ? -1 : 'x';
            }
        };

        // the refusal, or the connection's end, whichever is noticed first
        try {
            assertThat(answer(post().send(body(endless, null))).status()).isEqualTo(503);
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(BrokerException.class);
        }
    }

    @Test
    void aLeaderThatIsNotThereIsUnavailable() {
        server.stop(0);

        assertThat(failure(get().send()).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        BrokerException e = failure(post().send(body(new ByteArrayInputStream(bytes(100_000)), "100000")));
        assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(e).hasMessageContaining(leader.url());
    }

    @Test
    void longPollsHoldNoThreads() throws Exception {
        int polls = 100;
        BlockingQueue<HttpExchange> parked = new LinkedBlockingQueue<>();
        server.createContext("/parked", parked::add);
        ExecutorService few = Executors.newFixedThreadPool(2);
        try {
            Peers narrow = new Peers(1, secret, Peers.client(few), few, new PassedWaits());
            PassedRequest request = new PassedRequest(Owner.LEADER, "t-0", "GET", "/parked", null, List.of(), null, false, Map.of());
            List<CompletableFuture<PassedAnswer>> answers = Stream.generate(
                    () -> new PassedExchange(narrow, leader, request, 20_000, deadlines).send()).limit(polls).toList();
            List<HttpExchange> all = new ArrayList<>();
            for (int i = 0; i < polls; i++) {
                HttpExchange each = parked.poll(20, TimeUnit.SECONDS);
                assertThat(each).as("poll %s", i).isNotNull();
                all.add(each);
            }
            assertThat(answers).noneMatch(CompletableFuture::isDone);
            for (HttpExchange each : all) {
                each.sendResponseHeaders(204, -1);
                each.close();
            }
            for (CompletableFuture<PassedAnswer> each : answers) {
                assertThat(answer(each).hasBody()).isFalse();
            }
        } finally {
            few.shutdownNow();
        }
    }

    @Test
    void aSilentLeaderIsGivenUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            leader = new Member(2, "s", "http://127.0.0.1:" + silent.getLocalPort(), null);

            BrokerException e = failure(new PassedExchange(peers, leader, request("GET"), 300, deadlines).send());
            assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(e).hasMessageContaining("did not answer in time");
        }
    }

    @Test
    void aLeaderThatTakesNothingIsGivenUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            leader = new Member(2, "s", "http://127.0.0.1:" + silent.getLocalPort(), null);
            InputStream endless = new InputStream() {
                @Override
                public int read() {
                    return 'x';
                }
            };

            BrokerException e = catchThrowableOfType(BrokerException.class,
                    () -> new PassedExchange(peers, leader, request("POST"), 300, deadlines).send(
                            new RequestBody(endless, null, Integer.MAX_VALUE - 1, budget.reserve(0))));
            assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        }
    }

    @Test
    void anAnswerThatComesTooLateIsThrownAway() throws Exception {
        CountDownLatch later = new CountDownLatch(1);
        handler = exchange -> {
            await(later);
            exchange.sendResponseHeaders(200, 0);
        };

        assertThat(failure(new PassedExchange(peers, leader, request("GET"), 200, deadlines).send()).kind())
                .isEqualTo(ErrorKind.UNAVAILABLE);
        later.countDown();
    }

    @Test
    void whatCannotBePartOfAnAddressIsABadRequest() {
        PassedRequest request = new PassedRequest(Owner.LEADER, "t-0", "GET", "/topics/t?x=|", null, List.of(), null, false, Map.of());

        assertThat(status(() -> new PassedExchange(peers, leader, request, 1000, deadlines).send())).isEqualTo(400);
    }

    private PassedExchange get() {
        return new PassedExchange(peers, leader, request("GET"), 10_000, deadlines);
    }

    private PassedExchange post() {
        return new PassedExchange(peers, leader, request("POST"), 10_000, deadlines);
    }

    private static PassedRequest request(String method) {
        return new PassedRequest(Owner.LEADER, "t-0", method, "/topics/t/partitions/0", "some/type", List.of(), null, false, Map.of());
    }

    private RequestBody body(InputStream in, String contentLength) {
        return new RequestBody(in, contentLength, MAX_BYTES, budget.reserve(0));
    }

    private static PassedAnswer answer(CompletableFuture<PassedAnswer> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS);
    }

    private static byte[] body(PassedAnswer answer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        answer.writeTo(out);
        return out.toByteArray();
    }

    private static int status(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(RequestException.class, call).status();
    }

    private static BrokerException failure(CompletableFuture<?> future) {
        return (BrokerException) assertThat(future).failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class).withCauseInstanceOf(BrokerException.class)
                .actual().getCause();
    }

    private static void echo(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }
}
