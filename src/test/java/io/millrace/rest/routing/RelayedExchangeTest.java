package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.delivery.HandedOn;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.entry.ErrorAnswers;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RelayedExchangeTest {
    private static final Route.GroupCoordinator POLL = new Route.GroupCoordinator("shop", "anna", true);

    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final AnswerDeadlines deadlines = new AnswerDeadlines(new Deadlines(timers, System::nanoTime), Runnable::run);
    private final PollAnswers pollAnswers = new PollAnswers(10);
    private final PollReceipts receipts = new PollReceipts(POLL, pollAnswers);
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final List<String> events = new ArrayList<>();
    private final CompletableFuture<RelayedAnswer> answer = new CompletableFuture<>();
    private boolean noThread;
    private AsyncListener listener;
    private boolean givenUp;

    private final RelayedExchange exchange = new RelayedExchange(async(), new ErrorAnswers(response()),
            this::execute, deadlines, 60_000);

    @AfterEach
    void stop() {
        timers.shutdownNow();
    }

    private void execute(Runnable task) {
        if (noThread) {
            throw new RejectedExecutionException("none");
        }
        task.run();
    }

    private AsyncContext async() {
        return (AsyncContext) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {AsyncContext.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("addListener")) {
                        listener = (AsyncListener) arguments[0];
                    } else {
                        events.add(method.getName());
                    }
                    return null;
                });
    }

    private HttpServletResponse response() {
        return (HttpServletResponse) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {HttpServletResponse.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getOutputStream" -> new Out();
                    case "isCommitted" -> false;
                    case "setStatus" -> {
                        events.add("status " + arguments[0]);
                        yield null;
                    }
                    default -> null;
                });
    }

    private final class Out extends ServletOutputStream {
        @Override
        public void write(int b) {
            written.write(b);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener given) {
            throw new AssertionError("it writes on threads that may wait");
        }
    }

    /** With one piece, and the number of a poll. */
    private RelayedAnswer found() {
        Flow.Publisher<List<ByteBuffer>> body = wanting -> wanting.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long pieces) {
                if (written.size() == 0) {
                    wanting.onNext(List.of(ByteBuffer.wrap("[]".getBytes(StandardCharsets.UTF_8))));
                } else {
                    wanting.onComplete();
                }
            }

            @Override
            public void cancel() {
                givenUp = true;
            }
        });
        HttpHeaders headers = HttpHeaders.of(Map.of("Millrace-Poll", List.of("7")), (name, value) -> true);
        @SuppressWarnings("unchecked")
        HttpResponse<Flow.Publisher<List<ByteBuffer>>> response = (HttpResponse<Flow.Publisher<List<ByteBuffer>>>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {HttpResponse.class}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "statusCode" -> 200;
                    case "headers" -> headers;
                    case "body" -> body;
                    default -> null;
                });
        return new RelayedAnswer(response, "Millrace-Coordinator", "http://b");
    }

    private boolean relay() {
        return exchange.relay(receipts, () -> answer, () -> events.add("answered"));
    }

    @Test
    void anAnswerIsWrittenAndItsCoordinatorCanBeToldSo() {
        assertThat(relay()).isTrue();
        assertThat(events).isEmpty();
        CompletableFuture<Boolean> asked = pollAnswers.wasWritten("shop", "anna", new HandedOn(7, 0));
        assertThat(asked).as("it may be on its way").isNotDone();
        answer.complete(found());

        assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo("[]");
        assertThat(events).containsExactly("answered", "status 200", "complete");
        assertThat(asked).isCompletedWithValue(true);
        assertThat(receipts.told()).isEqualTo(Map.of("Millrace-Answered", "7"));
        assertThat(exchange.over()).isCompleted();
    }

    @Test
    void aClientThatIsGoneGivesTheRequestUp() throws IOException {
        relay();
        CompletableFuture<Boolean> asked = pollAnswers.wasWritten("shop", "anna", new HandedOn(7, 0));
        listener.onError(null);

        assertThat(answer).isCancelled();
        assertThat(asked).isCompletedWithValue(false);
        assertThat(events).containsOnlyOnce("complete");
        assertThat(written.size()).isZero();
    }

    @Test
    void anOwnerThatDoesNotAnswerIsTold() {
        relay();
        answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "gone"));

        assertThat(events).containsExactly("answered", "status 503", "complete");
        assertThat(written.toString(StandardCharsets.UTF_8)).contains("gone");
    }

    @Test
    void whatCannotBeSentIsRefusedOnce() {
        assertThat(exchange.relay(receipts, () -> {
            throw RequestException.badRequest("not so");
        }, () -> events.add("answered"))).isFalse();
        exchange.refuse(new IOException("again"));

        assertThat(events).containsExactly("answered", "status 400", "complete");
        assertThat(pollAnswers.wasWritten("shop", "anna", new HandedOn(7, 0))).as("no poll is on its way").isCompletedWithValue(false);
    }

    @Test
    void whatNoThreadWritesIsRefused() {
        relay();
        noThread = true;
        answer.complete(found());

        assertThat(events).containsExactly("answered", "status 503", "complete");
        assertThat(givenUp).isTrue();
    }

    @Test
    void whatGoesToTheResourcesIsNotTouchedAnyMore() throws IOException {
        exchange.answerHere();
        exchange.answerHere();
        listener.onError(null);
        exchange.refuse(new IOException("late"));

        assertThat(events).containsExactly("dispatch");
        assertThat(exchange.over()).isCompleted();
    }
}
