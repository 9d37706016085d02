package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.millrace.agreement.Member;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.log.AppendResult;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.ReservedReadMemory;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.Brokers;
import io.millrace.rest.cluster.WithoutTls;
import io.millrace.tracing.RecordedSpan;
import io.millrace.tracing.TraceSpan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpTransportTest {
    private static final ReplicaFetchRequest REQUEST = new ReplicaFetchRequest(1, "run", 100, 1 << 20, List.of(
            new ReplicaFetchRequest.Partition(new TopicPartition("orders", 3), new UUID(1, 2), 4, 10, 4)));

    private final BrokerSignatures receiver = Brokers.receiver();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpTransport transport = new HttpTransport(Brokers.sender(), threads, new WithoutTls());
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
        leader = new Member(2, Brokers.RUN, "http://" + server.getAddress().getAddress().getHostAddress() + ":"
                + server.getAddress().getPort(), null);
    }

    @AfterEach
    void stop() {
        transport.close();
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void aFetchIsSignedAndItsBatchesComeBack() {
        ReplicaFetchResponse response = new ReplicaFetchResponse(List.of(new ReplicaFetchResponse.Partition(
                new TopicPartition("orders", 3), ReplicaFetchResponse.Outcome.OK, 4, 12, 0, null,
                ByteBuffer.wrap(new byte[] {1, 2, 3}))));
        handler = exchange -> {
            assertThat(exchange.getRequestMethod()).isEqualTo("POST");
            assertThat(header(exchange, "Content-Type")).isEqualTo("application/octet-stream");
            assertThat(header(exchange, "Millrace-Forwarded")).isEqualTo("1");
            assertThat(ReplicaFetchCodec.decodeRequest(ByteBuffer.wrap(exchange.getRequestBody().readAllBytes())))
                    .isEqualTo(REQUEST);
            answer(exchange, 200, encoded(response));
        };

        assertThat(transport.fetch(leader, REQUEST)).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(response);
    }

    private static byte[] encoded(ReplicaFetchResponse response) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (ByteBuffer piece : ReplicaFetchCodec.encode(response)) {
            out.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        }
        return out.toByteArray();
    }

    private static ReplicaFetchResponse records(int bytes) {
        return new ReplicaFetchResponse(List.of(new ReplicaFetchResponse.Partition(new TopicPartition("orders", 3),
                ReplicaFetchResponse.Outcome.OK, 4, 12, 0, null, ByteBuffer.allocate(bytes))));
    }

    @Test
    void fetchesGoOverOneConnectionWhateverTheirSizeAndTheirLengthMayBeUnknown() {
        Set<InetSocketAddress> connections = ConcurrentHashMap.newKeySet();
        for (int bytes : new int[] {0, 1, 3 << 20, 100}) {
            for (boolean chunked : new boolean[] {false, true}) {
                ReplicaFetchResponse response = records(bytes);
                byte[] body = encoded(response);
                handler = exchange -> {
                    connections.add(exchange.getRemoteAddress());
                    exchange.getRequestBody().readAllBytes();
                    exchange.sendResponseHeaders(200, chunked ? 0 : body.length);
                    exchange.getResponseBody().write(body);
                };
                assertThat(transport.fetch(leader, REQUEST)).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(response);
            }
        }
        assertThat(connections).hasSize(1);
    }

    @Test
    void aFetchWhoseAnswerBreaksOffIsUnavailableAndTheNextOneIsAnswered() {
        byte[] body = encoded(records(1 << 20));
        handler = exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body, 0, body.length / 2);
            throw new IOException("the connection breaks");
        };
        assertThat(failure(transport.fetch(leader, REQUEST)).kind()).isEqualTo(ErrorKind.UNAVAILABLE);

        handler = exchange -> answer(exchange, 200, body);
        assertThat(transport.fetch(leader, REQUEST)).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(records(1 << 20));
    }

    @Test
    void closingEndsTheFetchesThatWaitAndRefusesOthers() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        handler = exchange -> {
            asked.countDown();
            uninterruptibly(over);
        };
        ReplicaFetchRequest patient = new ReplicaFetchRequest(1, "run", 60_000, 1 << 20, REQUEST.partitions());
        CompletableFuture<ReplicaFetchResponse> waiting = transport.fetch(leader, patient);
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

        transport.close();

        assertThat(failure(waiting).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(failure(transport.fetch(leader, patient)).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        over.countDown();
    }

    @Test
    void aFetchOfSeveralPartitionsIsSignedAndComesBackWithItsFailures() {
        FetchAllRequest asked = new FetchAllRequest(
                List.of(new FetchAllRequest.Part("orders", 3, new FetchPosition.AtOffset(9))), 1, 100, 50);
        handler = exchange -> {
            assertThat(exchange.getRequestURI().getRawPath()).isEqualTo("/internal/fetch-all");
            assertThat(FetchAllCodec.decodeRequest(ByteBuffer.wrap(exchange.getRequestBody().readAllBytes())))
                    .isEqualTo(asked);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (ByteBuffer piece : FetchAllCodec.encode(new FetchAllResult(List.of(new FetchAllResult.Part(
                    new TopicPartition("orders", 3), null, new BrokerException(ErrorKind.NOT_LEADER, "not me")))), IsolationLevel.READ_UNCOMMITTED)) {
                out.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
            }
            answer(exchange, 200, out.toByteArray());
        };

        assertThat(transport.fetchAll(leader, asked, ReadMemory.UNBOUNDED)).succeedsWithin(10, TimeUnit.SECONDS)
                .satisfies(result -> assertThat(result.parts().get(0).failure().kind())
                        .isEqualTo(ErrorKind.NOT_LEADER));
    }

    private static final FetchAllRequest FETCH = new FetchAllRequest(
            List.of(new FetchAllRequest.Part("orders", 3, new UUID(5, 6), new FetchPosition.AtOffset(9))), 1, 1 << 20, 50);

    private static byte[] read(int batches) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (ByteBuffer piece : FetchAllCodec.encode(new FetchAllResult(List.of(new FetchAllResult.Part(
                new TopicPartition("orders", 3), new FetchResult(9, 10, 10, 0, 1, ByteBuffer.allocate(batches)), null))), IsolationLevel.READ_UNCOMMITTED)) {
            out.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        }
        return out.toByteArray();
    }

    @Test
    void anAnswerThatThereIsNoMemoryForIsNotRead() {
        MemoryBudget budget = new MemoryBudget(1 << 20);
        byte[] body = read(900_000);
        handler = exchange -> answer(exchange, 200, body);
        try (MemoryBudget.Reservation others = budget.reserve(200_000)) {
            assertThat(failure(transport.fetchAll(leader, FETCH, new ReservedReadMemory(budget.reserve(0)))).kind())
                    .isEqualTo(ErrorKind.OVERLOADED);
            assertThat(budget.bytesInUse()).isEqualTo(others.held());
        }
        ReservedReadMemory memory = new ReservedReadMemory(budget.reserve(0));
        assertThat(transport.fetchAll(leader, FETCH, memory)).succeedsWithin(10, TimeUnit.SECONDS);
        assertThat(budget.bytesInUse()).isEqualTo(body.length);
    }

    @Test
    void anAnswerIsCountedBeforeItsBodyComesAndNotAfterItFailed() {
        MemoryBudget budget = new MemoryBudget(1 << 20);
        CountDownLatch broken = new CountDownLatch(1);
        handler = exchange -> {
            exchange.sendResponseHeaders(200, 900_000);
            exchange.getResponseBody().flush();
            uninterruptibly(broken);
        };
        CompletableFuture<FetchAllResult> fetch = transport.fetchAll(leader, FETCH, new ReservedReadMemory(budget.reserve(0)));
        await(() -> budget.bytesInUse() == 900_000);
        broken.countDown();
        assertThat(failure(fetch).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        await(() -> budget.bytesInUse() == 0);
    }

    @Test
    void nothingIsHeldOfAnAnswerWithoutRecordsNorOfOneThatWasGivenUp() {
        MemoryBudget budget = new MemoryBudget(1 << 20);
        handler = exchange -> answer(exchange, 200, read(0));
        assertThat(transport.fetchAll(leader, FETCH, new ReservedReadMemory(budget.reserve(0))))
                .succeedsWithin(10, TimeUnit.SECONDS);
        await(() -> budget.bytesInUse() == 0);

        CountDownLatch givenUp = new CountDownLatch(1);
        handler = exchange -> {
            byte[] body = read(900_000);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().flush();
            uninterruptibly(givenUp);
            exchange.getResponseBody().write(body);
        };
        CompletableFuture<FetchAllResult> fetch = transport.fetchAll(leader, FETCH, new ReservedReadMemory(budget.reserve(0)));
        await(() -> budget.bytesInUse() > 900_000);
        fetch.cancel(false);
        givenUp.countDown();
        await(() -> budget.bytesInUse() == 0);
    }

    @Test
    void aLeaderOfTheVersionBeforeIsAskedAsItUnderstands() {
        handler = exchange -> {
            byte[] request = exchange.getRequestBody().readAllBytes();
            if (request[0] == FetchAllCodec.WITHOUT_IDS) {
                answer(exchange, 200, read(7));
            } else {
                answer(exchange, 400, "{\"error_code\":400,\"message\":\"the message has version 2, only 1 is known here\"}");
            }
        };
        assertThat(transport.fetchAll(leader, FETCH, ReadMemory.UNBOUNDED)).succeedsWithin(10, TimeUnit.SECONDS)
                .satisfies(result -> assertThat(result.parts().get(0).bytes()).isEqualTo(7));
    }

    private static void uninterruptibly(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException("the test is over", e);
        }
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    @Test
    void anAnswerThatCannotBeReadIsUnavailable() {
        handler = exchange -> answer(exchange, 200, "<html>".getBytes(StandardCharsets.UTF_8));

        assertThat(failure(transport.fetch(leader, REQUEST)).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(failure(transport.fetchAll(leader, new FetchAllRequest(List.of(), 0, 0, 0), ReadMemory.UNBOUNDED)).kind())
                .isEqualTo(ErrorKind.UNAVAILABLE);
    }

    @Test
    void anAppendGoesWhereOnlyBrokersAppend() {
        handler = exchange -> {
            assertThat(exchange.getRequestURI().toString()).isEqualTo("/internal/topics/orders/partitions/3?acks=all");
            assertThat(header(exchange, "Content-Type")).isEqualTo("application/vnd.millrace.batch");
            assertThat(header(exchange, "Millrace-Forwarded")).isEqualTo("1");
            assertThat(header(exchange, "Millrace-Transaction")).isEqualTo("shop%3B1");
            assertThat(header(exchange, "traceparent")).isEqualTo("of the append");
            assertThat(exchange.getRequestBody().readAllBytes()).containsExactly(7, 8);
            answer(exchange, 200, "{\"partition\":3,\"base_offset\":40,\"last_offset\":41}");
        };

        assertThat(transport.append(leader, "orders", 3, ByteBuffer.wrap(new byte[] {6, 7, 8, 9}, 1, 2), Acks.ALL, "shop;1",
                new RecordedSpan("of the append")))
                .succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(new AppendResult(40, 41, -1));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16 * 1024, 16 * 1024 + 1, 3_000_000})
    void batchesArriveAsTheyAreHoweverManyThereAre(int bytes) {
        byte[] batches = new byte[bytes];
        new Random(bytes).nextBytes(batches);
        handler = exchange -> {
            assertThat(header(exchange, "Millrace-Body")).isEqualTo(Integer.toString(bytes));
            assertThat(exchange.getRequestBody().readAllBytes()).isEqualTo(batches);
            answer(exchange, 200, "{\"partition\":3,\"base_offset\":40,\"last_offset\":41}");
        };

        assertThat(transport.append(leader, "orders", 3, ByteBuffer.wrap(batches), Acks.ALL, null, TraceSpan.NONE))
                .succeedsWithin(20, TimeUnit.SECONDS).isEqualTo(new AppendResult(40, 41, -1));
    }

    @ParameterizedTest
    @CsvSource({"NONE,0", "LEADER,1", "ALL,all"})
    void acksAreToldOn(Acks acks, String word) {
        handler = exchange -> {
            assertThat(exchange.getRequestURI().getQuery()).isEqualTo("acks=" + word);
            exchange.sendResponseHeaders(204, -1);
        };

        assertThat(append(acks)).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(new AppendResult(-1, -1, -1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{}", "[]", "{\"base_offset\":\"1\",\"last_offset\":2}",
        "{\"base_offset\":1}", "{\"base_offset\":1.5,\"last_offset\":2}", "no json"})
    void offsetsThatAreNoneAreUnavailable(String body) {
        handler = exchange -> answer(exchange, 200, body);

        assertThat(failure(append(Acks.ALL)).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    }

    @ParameterizedTest
    @EnumSource(ErrorKind.class)
    void theErrorComesBackAsTheKindThatItIs(ErrorKind kind) {
        handler = exchange -> {
            exchange.getResponseHeaders().add("Millrace-Error", kind.name());
            answer(exchange, 503, "{\"error_code\":503,\"message\":\"do this\"}");
        };

        for (BrokerException e : List.of(failure(append(Acks.ALL)), failure(transport.fetch(leader, REQUEST)))) {
            assertThat(e.kind()).isEqualTo(kind);
            assertThat(e).hasMessage("do this");
        }
    }

    @ParameterizedTest
    @CsvSource({"400,INVALID_REQUEST", "401,UNAVAILABLE", "403,UNAVAILABLE", "404,UNKNOWN_PARTITION",
        "413,RECORD_TOO_LARGE", "416,OFFSET_OUT_OF_RANGE", "422,INVALID_BATCH", "500,UNAVAILABLE", "502,UNAVAILABLE",
        "503,UNAVAILABLE", "302,UNAVAILABLE"})
    void withoutAKnownKindTheStatusTells(int status, ErrorKind kind) {
        handler = exchange -> {
            exchange.getResponseHeaders().add("Millrace-Error", "OF_A_LATER_VERSION");
            answer(exchange, status, "<html>not ours</html>");
        };

        for (BrokerException e : List.of(failure(append(Acks.ALL)), failure(transport.fetch(leader, REQUEST)))) {
            assertThat(e.kind()).isEqualTo(kind);
            assertThat(e).hasMessageContaining(leader.url()).hasMessageContaining(Integer.toString(status));
        }
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() {
        server.stop(0);

        for (BrokerException e : List.of(failure(append(Acks.ALL)), failure(transport.fetch(leader, REQUEST)))) {
            assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(e).hasMessageContaining("cannot be reached").hasMessageContaining(leader.url());
        }
    }

    @Test
    void aConnectionThatIsResetIsUnavailable() throws IOException {
        try (ServerSocket rude = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            threads.execute(() -> {
                while (!rude.isClosed()) {
                    try (Socket accepted = rude.accept()) {
                        accepted.setSoLinger(true, 0);
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            Member member = new Member(3, "s", "http://127.0.0.1:" + rude.getLocalPort(), null);

            assertThat(failure(transport.fetch(member, REQUEST)).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        }
    }

    @Test
    void aServerThatKeepsSilentIsUnavailableInTheEnd() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Member member = new Member(3, "s", "http://127.0.0.1:" + silent.getLocalPort(), null);

            BrokerException e = failure(transport.fetch(member, REQUEST));
            assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(e).hasMessageContaining("did not answer in time");
        }
    }

    @Test
    void withoutASecretNobodyIsAsked() {
        HttpTransport alone = new HttpTransport(Brokers.signatures(null, 1, "run"), threads, new WithoutTls());

        assertThat(failure(alone.fetch(leader, REQUEST)).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    }

    private CompletableFuture<AppendResult> append(Acks acks) {
        return transport.append(leader, "orders", 3, ByteBuffer.wrap(new byte[] {1}), acks, null, TraceSpan.NONE);
    }

    private static BrokerException failure(CompletableFuture<?> future) {
        return (BrokerException) assertThat(future).failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class).withCauseInstanceOf(BrokerException.class)
                .actual().getCause();
    }

    private static String header(HttpExchange exchange, String name) {
        return exchange.getRequestHeaders().getFirst(name);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        answer(exchange, status, body.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }
}
