package io.millrace.rest.routing;

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
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.Brokers;
import io.millrace.rest.cluster.WithoutTls;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.routing.RelayedRequest.Header;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelayTest {
    private static final int MAX_BYTES = 2 << 20;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final AnswerDeadlines deadlines = new AnswerDeadlines(new Deadlines(timers, System::nanoTime), threads);
    private final BrokerSignatures receiver = Brokers.receiver();
    private final BrokerSignatures sender = Brokers.sender();
    private final Peers peers = new Peers(sender, new BrokerClient(threads, new WithoutTls()), new RelayedWaits());
    private final Relay relay = new Relay(peers, deadlines);
    private final ArrivingStream in = new ArrivingStream();
    private HttpServer server;
    private Member leader;
    private volatile HttpHandler handler;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                Brokers.take(receiver, exchange);
                handler.handle(exchange);
            }
        });
        server.start();
        leader = new Member(2, Brokers.RUN, "http://127.0.0.1:" + server.getAddress().getPort(), null);
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
            exchange.sendResponseHeaders(200, -1);
        };
        RelayedRequest request = new RelayedRequest("GET", "/topics/a%2Eb/partitions/0/records", "offset=timestamp%3A5&x=%2F+",
                List.of(new Header("Accept", "text/plain;q=0.5"), new Header("Accept", "*/*")));

        assertThat(answer(relay.send(request, to(), SealedBody.NONE, 0)).status()).isEqualTo(200);
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

        RelayedAnswer answer = answer(get());
        assertThat(answer.status()).isEqualTo(206);
        assertThat(answer.headers()).extracting(header -> new Header(header.name().toLowerCase(), header.value()))
                .containsExactlyInAnyOrder(new Header("content-type", "application/vnd.millrace.batch"),
                        new Header("content-length", "500000"), new Header("millrace-offset", "7"),
                        new Header("millrace-next-offset", "9"), new Header("retry-after", "1"),
                        new Header("millrace-leader", leader.url()));
        assertThat(body(answer)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 16 * 1024, 16 * 1024 + 1, MAX_BYTES})
    void aBodyOfKnownLengthGoesThrough(int length) throws Exception {
        byte[] sent = bytes(length);
        handler = exchange -> {
            assertThat(exchange.getRequestHeaders().getFirst("Millrace-Body")).isEqualTo(Integer.toString(length));
            assertThat(exchange.getRequestHeaders().getFirst("Content-Type")).isEqualTo("some/type");
            echo(exchange);
        };

        CompletableFuture<RelayedAnswer> answer = post(length, 10_000);
        in.end(sent);
        assertThat(body(answer(answer))).isEqualTo(sent);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100_000, MAX_BYTES})
    void aBodyOfUnknownLengthGoesThroughAsItComes(int length) throws Exception {
        byte[] sent = bytes(length);
        handler = RelayTest::echo;

        CompletableFuture<RelayedAnswer> answer = post(-1, 10_000);
        in.bring(Arrays.copyOf(sent, length / 2));
        in.end(Arrays.copyOfRange(sent, length / 2, length));
        assertThat(body(answer(answer))).isEqualTo(sent);
    }

    @Test
    void aBodyThatIsRefusedOnItsWayIsGivenUp() throws Exception {
        handler = RelayTest::echo;

        CompletableFuture<RelayedAnswer> answer = post(-1, 10_000);
        in.bring(bytes(1000));
        in.failure = RequestException.tooLarge("too much");
        in.bring(bytes(10));
        assertThat(refusal(answer).status()).isEqualTo(413);
    }

    @Test
    void aClientThatBreaksOffEndsTheExchange() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        handler = exchange -> {
            try {
                begun.countDown();
                exchange.getRequestBody().readAllBytes();
            } catch (IOException e) {
                ended.countDown();
                throw e;
            }
        };

        CompletableFuture<RelayedAnswer> answer = post(-1, 10_000);
        in.bring(bytes(1000));
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        in.breakOff(new IOException("reset"));
        assertThat(refusal(answer).status()).isEqualTo(400);
        assertThat(ended.await(20, TimeUnit.SECONDS)).as("the owner sees it too").isTrue();
    }

    @Test
    void aBodyThatDoesNotComeInTimeIsRefusedWith408() throws Exception {
        handler = RelayTest::echo;

        CompletableFuture<RelayedAnswer> answer = post(-1, 300);
        in.bring(bytes(1000));
        assertThat(refusal(answer).status()).isEqualTo(408);
        assertThat(in.closed).isTrue();
    }

    @Test
    void aLeaderThatRefusesEarlyIsBelieved() throws Exception {
        handler = exchange -> exchange.sendResponseHeaders(503, -1);

        CompletableFuture<RelayedAnswer> answer = post(-1, 10_000);
        in.end(bytes(MAX_BYTES));
        // the refusal, or the connection's end, whichever is noticed first
        try {
            assertThat(answer(answer).status()).isEqualTo(503);
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(BrokerException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100_000})
    void aBodyThatIsAtHandGoesThrough(int length) throws Exception {
        handler = RelayTest::echo;

        assertThat(body(answer(relay.send(request("POST"), to(), SealedBody.of(bytes(length)), 0)))).isEqualTo(bytes(length));
    }

    /** As of one that was just started again, which is not known yet. */
    @Test
    void aLeaderThatDoesNotKnowThisBrokerIsUnavailable() {
        handler = exchange -> {
            exchange.getResponseHeaders().add("WWW-Authenticate", "Millrace");
            exchange.sendResponseHeaders(401, -1);
        };
        assertThat(failure(get())).hasMessageContaining("try again").extracting(BrokerException::kind).isEqualTo(ErrorKind.UNAVAILABLE);
    }

    @Test
    void oneThatDoesNotKnowTheClientIsBelieved() throws Exception {
        handler = exchange -> {
            exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"Millrace\"");
            exchange.sendResponseHeaders(401, -1);
        };
        assertThat(answer(get()).status()).isEqualTo(401);
    }

    @Test
    void aLeaderThatIsNotThereIsUnavailable() {
        server.stop(0);

        assertThat(failure(get()).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        BrokerException e = failure(post(100_000, 10_000));
        assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(e).hasMessageContaining(leader.url());
        assertThat(in.closed).as("the body is given up").isTrue();
    }

    @Test
    void aLeaderThatBreaksOffIsUnavailable() {
        handler = HttpExchange::close;

        assertThat(failure(get()).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    }

    @Test
    void longPollsHoldNoThreads() throws Exception {
        int polls = 100;
        BlockingQueue<HttpExchange> parked = new LinkedBlockingQueue<>();
        server.createContext("/parked", parked::add);
        ExecutorService few = Executors.newFixedThreadPool(2);
        try {
            Peers narrow = new Peers(sender, new BrokerClient(few, new WithoutTls()), new RelayedWaits());
            Relay parking = new Relay(narrow, deadlines);
            RelayedRequest request = new RelayedRequest("GET", "/parked", null, List.of());
            List<CompletableFuture<RelayedAnswer>> answers = Stream.generate(
                    () -> parking.send(request, to(), SealedBody.NONE, 20_000)).limit(polls).toList();
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
            for (CompletableFuture<RelayedAnswer> each : answers) {
                assertThat(body(answer(each))).isEmpty();
            }
        } finally {
            few.shutdownNow();
        }
    }

    @Test
    void aSilentLeaderIsGivenUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            leader = new Member(2, "s", "http://127.0.0.1:" + silent.getLocalPort(), null);

            BrokerException e = failure(new Relay(peers, deadlines, 200).send(request("GET"), to(), SealedBody.NONE, 100));
            assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(e).hasMessageContaining("did not answer in time");
        }
    }

    @Test
    void aLeaderThatTakesNothingIsGivenUpAndHoldsNoMoreThanAFewBuffers() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            leader = new Member(2, "s", "http://127.0.0.1:" + silent.getLocalPort(), null);

            CompletableFuture<RelayedAnswer> answer = post(-1, 5_000);
            in.bring(new byte[64 << 20]);
            BrokerException e = failure(answer);
            assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(in.taken).as("what the sockets take").isLessThan(32 << 20);
        }
    }

    @Test
    void aServerThatStopsDoesNotWait() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            leader = new Member(2, "s", "http://127.0.0.1:" + silent.getLocalPort(), null);
            CompletableFuture<RelayedAnswer> answer = relay.send(request("GET"), to(), SealedBody.NONE, 60_000);
            peers.waits().end();

            assertThat(failure(answer)).hasMessageContaining("about to stop");
        }
    }

    @Test
    void anAnswerThatComesTooLateIsThrownAway() throws Exception {
        CountDownLatch later = new CountDownLatch(1);
        handler = exchange -> {
            await(later);
            exchange.sendResponseHeaders(200, 0);
        };

        assertThat(failure(new Relay(peers, deadlines, 200).send(request("GET"), to(), SealedBody.NONE, 0)).kind())
                .isEqualTo(ErrorKind.UNAVAILABLE);
        later.countDown();
    }

    @Test
    void whatCannotBePartOfAnAddressIsABadRequest() {
        RelayedRequest request = new RelayedRequest("GET", "/topics/t", "x=|", List.of());

        assertThat(catchThrowableOfType(RequestException.class, () -> relay.send(request, to(), SealedBody.NONE, 0)).status())
                .isEqualTo(400);
    }

    private Relay.Receiver to() {
        return new Relay.Receiver(leader, OwnerKind.LEADER, "t-0");
    }

    private CompletableFuture<RelayedAnswer> get() {
        return relay.send(request("GET"), to(), SealedBody.NONE, 0);
    }

    private CompletableFuture<RelayedAnswer> post(long length, long bodyMs) {
        RelayedBody body = new RelayedBody(in, length, new Semaphore(2));
        CompletableFuture<RelayedAnswer> answer = relay.send(request("POST"), to(), body, bodyMs);
        body.listen();
        return answer;
    }

    private static RelayedRequest request(String method) {
        return new RelayedRequest(method, "/topics/t/partitions/0", null, List.of(new Header("Content-Type", "some/type")));
    }

    private static RelayedAnswer answer(CompletableFuture<RelayedAnswer> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS);
    }

    private static byte[] body(RelayedAnswer answer) throws Exception {
        HttpResponse.BodySubscriber<byte[]> whole = HttpResponse.BodySubscribers.ofByteArray();
        answer.body().subscribe(whole);
        return whole.getBody().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private static RequestException refusal(CompletableFuture<?> future) {
        return (RequestException) assertThat(future).failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class).withCauseInstanceOf(RequestException.class)
                .actual().getCause();
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
