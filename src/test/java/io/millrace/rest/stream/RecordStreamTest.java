package io.millrace.rest.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.StreamForm;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.container.AsyncResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecordStreamTest {
    private static final int MEMORY = 4 << 20;

    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final Streams around = new Streams();
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final List<Object> resumed = new ArrayList<>();
    private final List<FetchRequest> asked = new ArrayList<>();
    private final Queue<CompletableFuture<FetchResult>> given = new ArrayDeque<>();
    /** To be run on the threads that clients hold. */
    private final BlockingQueue<Runnable> turns = new LinkedBlockingQueue<>();
    private AsyncListener listener;
    private int completed;
    private boolean noThreads;
    private IOException gone;
    private RuntimeException forbidden;
    private volatile long overQuotaMs;

    {
        around.limits = new StreamLimits(4, 2, 10_000, 60_000);
        around.open = new OpenStreams(4, "millrace.streams.max");
        around.restLimits = new RestLimits(1 << 20, MEMORY, 1 << 20, 1_000, 60_000);
        around.budget = new MemoryBudget(MEMORY);
        around.deadlines = new AnswerDeadlines(new Deadlines(timers, System::nanoTime), Runnable::run);
        around.answers = (caller, turn) -> {
            if (noThreads) {
                throw new RejectedExecutionException("full");
            }
            turns.add(turn);
        };
    }

    @AfterEach
    void stop() {
        timers.shutdownNow();
    }

    private static <T> T fake(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private final HttpServletResponse servletResponse = fake(HttpServletResponse.class, (proxy, method, arguments) ->
            method.getName().equals("getOutputStream") ? new Out() : null);

    private final AsyncContext async = fake(AsyncContext.class, (proxy, method, arguments) -> {
        switch (method.getName()) {
            case "getResponse":
                return servletResponse;
            case "addListener":
                listener = (AsyncListener) arguments[0];
                return null;
            case "complete":
                completed++;
                listener.onComplete(null);
                return null;
            default:
                return null;
        }
    });

    private final AsyncResponse response = fake(AsyncResponse.class, (proxy, method, arguments) -> switch (method.getName()) {
        case "resume" -> resumed.add(arguments[0]);
        case "isDone" -> !resumed.isEmpty();
        default -> null;
    });

    private final class Out extends ServletOutputStream {
        @Override
        public void write(int b) throws IOException {
            if (gone != null) {
                throw gone;
            }
            written.write(b);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener writing) {
            throw new AssertionError("it is written by threads that wait");
        }
    }

    private void start() {
        around.fetch(new Asked(StreamForm.LINES, false, false, () -> overQuotaMs, "a", topic -> {
            if (forbidden != null) {
                throw forbidden;
            }
        }), new FetchRequest("t", 0, new FetchPosition.Earliest(), 1, 100_000, 0), RecordFormat.JSON, (request, memory) -> {
            asked.add(request);
            CompletableFuture<FetchResult> result = new CompletableFuture<>();
            given.add(result);
            return result;
        }, async, response);
    }

    private void give(long from, String... values) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        for (String value : values) {
            batch.append(1, null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        }
        ByteBuffer batches = values.length == 0 ? ByteBuffer.allocate(0) : batch.build();
        given.remove().complete(new FetchResult(from, from + values.length, from + values.length, 0, 0, batches));
        runTurns();
    }

    private void fail(RuntimeException failure) {
        given.remove().completeExceptionally(failure);
        runTurns();
    }

    private void runTurns() {
        while (!turns.isEmpty()) {
            turns.remove().run();
        }
    }

    private String told() {
        return written.toString(StandardCharsets.UTF_8);
    }

    private void isOver() {
        assertThat(around.open.open()).isZero();
        assertThat(around.budget.bytesInUse()).isZero();
        assertThat(given).isEmpty();
    }

    @Test
    void eachFetchBeginsWhereTheOneBeforeEndedAndWaitsAsLongAsTheStreamMayBeSilent() {
        start();
        give(0, "1", "2");
        give(2);
        assertThat(told().lines().filter(line -> line.contains("\"offset\":")).count()).isEqualTo(2);
        assertThat(told()).endsWith("}\n\n");
        assertThat(asked).hasSize(3);
        assertThat(asked.get(0).maxWaitMs()).isZero();
        assertThat(asked.get(1)).extracting(FetchRequest::from, FetchRequest::maxWaitMs)
                .containsExactly(new FetchPosition.AtOffset(2), 10_000L);
        assertThat(around.budget.bytesInUse()).as("while it waits").isZero();
        assertThat(around.open.open()).isEqualTo(1);
        assertThat(completed).isZero();
    }

    @Test
    void whatFailsBeforeTheFirstByteIsAnAnswer() {
        BrokerException unknown = new BrokerException(ErrorKind.UNKNOWN_TOPIC, "no such topic");
        start();
        fail(unknown);
        assertThat(resumed).containsExactly(unknown);
        assertThat(told()).isEmpty();
        assertThat(completed).isZero();
        isOver();
    }

    @Test
    void whatFailsLaterIsTheLastElement() {
        start();
        give(0, "1");
        fail(new BrokerException(ErrorKind.NOT_LEADER, "it moved"));
        assertThat(told()).endsWith("}\n{\"error_code\":503,\"message\":\"it moved\"}\n");
        assertThat(completed).isEqualTo(1);
        assertThat(resumed).isEmpty();
        isOver();
    }

    @Test
    void aPermissionThatIsTakenAwayEndsTheStream() {
        start();
        give(0, "1");
        forbidden = RequestException.forbidden("you may not");
        give(1, "2");
        assertThat(told()).endsWith("{\"error_code\":403,\"message\":\"you may not\"}\n").doesNotContain("\"value\":2");
        isOver();
    }

    @Test
    void aClientThatIsGoneEndsItWhileItWritesAndWhileItWaits() throws IOException {
        start();
        give(0, "1");
        gone = new IOException("reset");
        give(1, "2");
        isOver();
        gone = null;
        start();
        give(0, "1");
        String before = told();
        listener.onError(null);
        given.clear();
        runTurns();
        isOver();
        assertThat(told()).isEqualTo(before);
    }

    @Test
    void aServerThatStopsEndsItWithAnError() {
        start();
        give(0, "1");
        given.clear();
        around.open.end();
        runTurns();
        assertThat(told()).contains("\"error_code\":503").contains("another server");
        assertThat(completed).isEqualTo(1);
        isOver();
        assertThatThrownBy(this::start).isInstanceOf(BrokerException.class);
        isOver();
    }

    @Test
    void whereNoThreadIsLeftItIsRefusedOrEnds() {
        noThreads = true;
        start();
        give(0, "1");
        assertThat(resumed).singleElement().isInstanceOf(RequestException.class);
        isOver();
        resumed.clear();
        noThreads = false;
        start();
        give(0, "1");
        noThreads = true;
        give(1, "2");
        assertThat(completed).isEqualTo(1);
        isOver();
    }

    @Test
    void beyondItsShareACallerIsRefused() {
        start();
        start();
        assertThatThrownBy(this::start).isInstanceOf(RequestException.class).hasMessageContaining("millrace.streams.max");
        assertThat(around.open.open()).isEqualTo(2);
    }

    @Test
    void whoIsOverItsQuotaIsGivenNothingMoreUntilThatIsMadeUpFor() throws InterruptedException {
        start();
        overQuotaMs = 1;
        give(0, "1");
        assertThat(told()).contains("\"offset\":0");
        assertThat(asked).as("nothing more is read").hasSize(1);
        Runnable again = turns.take();
        overQuotaMs = 0;
        again.run();
        assertThat(asked).hasSize(2);
        overQuotaMs = 60_000;
        give(1);
        assertThat(asked).hasSize(2);
        around.open.end();
        turns.take().run();
        assertThat(told()).contains("another server");
        isOver();
    }

    @Test
    void itEndsAfterItsTimeWithoutAnError() {
        around.limits = new StreamLimits(4, 2, 10_000, 1);
        start();
        while (!given.isEmpty()) {
            give(asked.size() - 1, "1");
        }
        assertThat(told()).doesNotContain("error_code");
        assertThat(completed).isEqualTo(1);
        isOver();
    }
}
