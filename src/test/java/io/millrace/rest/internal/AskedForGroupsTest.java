package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.millrace.agreement.Member;
import io.millrace.group.GroupDescription.State;
import io.millrace.group.GroupSummary;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.Brokers;
import io.millrace.rest.cluster.WithoutTls;
import io.millrace.transaction.coordinator.TransactionFilter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How another broker is asked for its groups over HTTP, and what becomes of its answers. */
class AskedForGroupsTest {
    private static final List<GroupSummary> GROUPS = List.of(new GroupSummary("billing", State.STABLE, 2),
            new GroupSummary("shipping", State.EMPTY, 0));

    private final BrokerSignatures receiver = Brokers.receiver();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpTransport transport = new HttpTransport(Brokers.sender(), threads, new WithoutTls());
    private HttpServer server;
    private Member other;
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
        other = member(server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        transport.close();
        server.stop(0);
        threads.shutdownNow();
    }

    private static Member member(int port) {
        return new Member(2, "its-run", "http://127.0.0.1:" + port, null);
    }

    @Test
    void theQuestionIsSignedAndTheGroupsComeBack() {
        handler = exchange -> {
            assertThat(exchange.getRequestURI()).hasToString("/internal/groups");
            answer(exchange, 200, GroupListCodec.encode(GROUPS).array());
        };

        assertThat(transport.groups(other)).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(GROUPS);
    }

    @Test
    void whatTheOtherBrokerCannotTellNowIsToldInItsOwnWords() {
        handler = exchange -> {
            exchange.getResponseHeaders().add("Millrace-Error", ErrorKind.COORDINATOR_LOADING.name());
            answer(exchange, 503, "{\"error_code\":503,\"message\":\"still loading\"}".getBytes(StandardCharsets.UTF_8));
        };

        BrokerException loading = failure(other);
        assertThat(loading.kind()).isEqualTo(ErrorKind.COORDINATOR_LOADING);
        assertThat(loading).hasMessage("still loading");
    }

    @Test
    void anAnswerThatIsNoListIsUnavailableAndSaysWhose() {
        handler = exchange -> answer(exchange, 200, "<html>".getBytes(StandardCharsets.UTF_8));

        BrokerException unreadable = failure(other);
        assertThat(unreadable.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(unreadable).hasMessageContaining("broker 2 at " + other.url());
    }

    @Test
    void aListThatIsTooLargeIsRefusedBeforeItIsRead() {
        handler = exchange -> {
            exchange.sendResponseHeaders(200, GroupListCodec.MAX_BYTES + 1L);
            exchange.getResponseBody().flush();
        };

        assertThat(failure(other).kind()).isEqualTo(ErrorKind.OVERLOADED);
    }

    @Test
    void aBrokerThatIsNotThereOrKeepsSilentIsUnavailable() throws IOException {
        server.stop(0);
        assertThat(failure(other).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            BrokerException late = failure(member(silent.getLocalPort()));
            assertThat(late.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(late).hasMessageContaining("did not answer in time");
        }
    }

    @Test
    void aListOfTransactionsThatIsTooLargeIsRefusedBeforeItIsRead() {
        handler = exchange -> {
            exchange.sendResponseHeaders(200, HttpTransport.MAX_TRANSACTIONS_BYTES + 1L);
            exchange.getResponseBody().flush();
        };

        assertThat(failure(transport.transactions(other, TransactionFilter.ALL, 1)).kind()).isEqualTo(ErrorKind.OVERLOADED);
    }

    private BrokerException failure(Member asked) {
        return failure(transport.groups(asked));
    }

    private static BrokerException failure(CompletableFuture<?> answer) {
        return (BrokerException) assertThat(answer).failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class).withCauseInstanceOf(BrokerException.class)
                .actual().getCause();
    }

    private static String header(HttpExchange exchange, String name) {
        return exchange.getRequestHeaders().getFirst(name);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }
}
