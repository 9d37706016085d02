package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.replica.hosting.Deadlines;
import io.millrace.rest.body.AnswerDeadlines;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClientAnswerTest {
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final AnswerDeadlines deadlines = new AnswerDeadlines(new Deadlines(timers, System::nanoTime), Runnable::run);
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final List<String> set = new ArrayList<>();
    /** To be run on the answers' threads. */
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private IOException gone;
    private long now;
    private long takenInMs;
    private final WritingTime client = new WritingTime(1_000, () -> now);
    private Flow.Subscriber<? super List<ByteBuffer>> subscriber;
    private long asked;
    private boolean cancelled;
    private long overQuotaMs;

    @AfterEach
    void stop() {
        timers.shutdownNow();
    }

    private final HttpServletResponse response = (HttpServletResponse) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[] {HttpServletResponse.class}, (proxy, method, arguments) -> {
                switch (method.getName()) {
                    case "getOutputStream":
                        return new Out();
                    case "setStatus", "setContentType":
                        set.add(method.getName() + " " + arguments[0]);
                        return null;
                    case "addHeader":
                        set.add(arguments[0] + ": " + arguments[1]);
                        return null;
                    default:
                        return null;
                }
            });

    private final class Out extends ServletOutputStream {
        @Override
        public void write(int b) throws IOException {
            if (gone != null) {
                throw gone;
            }
            now += TimeUnit.MILLISECONDS.toNanos(takenInMs);
            written.write(b);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            throw new AssertionError("it writes on threads that may wait");
        }
    }

    private RelayedAnswer answer(Map<String, List<String>> headers) {
        Flow.Publisher<List<ByteBuffer>> body = wanting -> {
            subscriber = wanting;
            wanting.onSubscribe(new Flow.Subscription() {
                @Override
                public void request(long pieces) {
                    asked += pieces;
                }

                @Override
                public void cancel() {
                    cancelled = true;
                }
            });
        };
        HttpHeaders all = HttpHeaders.of(headers, (name, value) -> true);
        @SuppressWarnings("unchecked")
        HttpResponse<Flow.Publisher<List<ByteBuffer>>> found = (HttpResponse<Flow.Publisher<List<ByteBuffer>>>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {HttpResponse.class}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "statusCode" -> 200;
                    case "headers" -> all;
                    case "body" -> body;
                    default -> null;
                });
        return new RelayedAnswer(found, "Millrace-Leader", "http://b");
    }

    private CompletableFuture<Void> write(long stalledMs) {
        return new ClientAnswer(response, tasks::add, deadlines, stalledMs, client, () -> overQuotaMs)
                .write(answer(Map.of("Content-Type", List.of("a/b"))));
    }

    private void runTasks() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private static List<ByteBuffer> piece(int... bytes) {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) bytes[i];
        }
        return List.of(ByteBuffer.wrap(all));
    }

    @Test
    void theNextPieceIsAskedForWhenTheOneBeforeIsWritten() {
        CompletableFuture<Void> whole = write(60_000);
        assertThat(set).containsExactly("setStatus 200", "setContentType a/b", "Millrace-Leader: http://b");
        assertThat(asked).isEqualTo(1);
        subscriber.onNext(piece(1, 2));
        assertThat(asked).as("it is not written yet").isEqualTo(1);
        runTasks();
        assertThat(asked).isEqualTo(2);
        subscriber.onNext(piece(3));
        subscriber.onComplete();
        assertThat(whole).isNotDone();
        runTasks();

        assertThat(written.toByteArray()).containsExactly(1, 2, 3);
        assertThat(whole).isCompleted();
    }

    @Test
    void aClientThatTakesItsAnswerForLongerThanItMayIsCutOffAndTheOwnersTimeDoesNotCount() {
        takenInMs = 600;
        CompletableFuture<Void> whole = write(60_000);
        subscriber.onNext(piece(1));
        runTasks();
        now += TimeUnit.HOURS.toNanos(1);
        subscriber.onNext(piece(2));
        runTasks();
        assertThat(whole).isNotDone();
        subscriber.onNext(piece(3));
        runTasks();

        assertThat(written.toByteArray()).containsExactly(1, 2);
        assertThat(whole).failsWithin(Duration.ZERO).withThrowableThat().withMessageContaining("within 1000 ms");
        assertThat(cancelled).isTrue();
    }

    @Test
    void eachPartOfAStreamHasThatTime() {
        takenInMs = 90;
        CompletableFuture<Void> whole = new ClientAnswer(response, tasks::add, deadlines, 60_000, client, () -> overQuotaMs)
                .write(stream("application/x-ndjson"));
        for (int i = 0; i < 10; i++) {
            subscriber.onNext(text("{\"a\":1}\n"));
            runTasks();
        }
        assertThat(whole).isNotDone();
        assertThat(written.size()).isEqualTo(80);
    }

    private static List<ByteBuffer> text(String text) {
        return List.of(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private RelayedAnswer stream(String type, String... coding) {
        return answer(coding.length == 0 ? Map.of("Content-Type", List.of(type))
                : Map.of("Content-Type", List.of(type), "Content-Encoding", List.of(coding)));
    }

    private String told() {
        runTasks();
        return written.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aStreamThatBreaksOffBetweenTwoRecordsIsEndedWithAnError() {
        CompletableFuture<Void> whole = new ClientAnswer(response, tasks::add, deadlines, 60_000, client, () -> overQuotaMs)
                .write(stream("text/event-stream"));
        subscriber.onNext(text("id: 1\ndata: {}\n"));
        subscriber.onNext(text("\n"));
        subscriber.onError(new IOException("reset"));
        assertThat(told()).startsWith("id: 1\ndata: {}\n\nevent: error\ndata: {\"error_code\":503,").endsWith("}\n\n");
        assertThat(whole).isCompletedExceptionally();
    }

    @Test
    void withinARecordOrCompressedItJustEnds() {
        new ClientAnswer(response, tasks::add, deadlines, 60_000, client, () -> overQuotaMs).write(stream("application/x-ndjson"));
        subscriber.onNext(text("{}\n{\"a"));
        subscriber.onError(new IOException("reset"));
        assertThat(told()).isEqualTo("{}\n{\"a");
        written.reset();
        new ClientAnswer(response, tasks::add, deadlines, 60_000, client, () -> overQuotaMs).write(stream("application/x-ndjson", "gzip"));
        subscriber.onNext(text("\n"));
        subscriber.onError(new IOException("reset"));
        assertThat(told()).isEqualTo("\n");
    }

    @Test
    void ofAStreamNothingMoreIsAskedForWhileItsReaderIsOverItsQuota() throws InterruptedException {
        new ClientAnswer(response, tasks::add, deadlines, 60_000, client, () -> overQuotaMs).write(stream("application/x-ndjson"));
        assertThat(asked).isEqualTo(1);
        overQuotaMs = 1;
        subscriber.onNext(text("{}\n"));
        assertThat(told()).isEqualTo("{}\n");
        assertThat(asked).isEqualTo(1);
        tasks.take().run();
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void aStreamEndsWithTheServerThatPassesItOn() {
        RelayedAnswer answer = stream("application/x-ndjson");
        CompletableFuture<Void> whole = new ClientAnswer(response, tasks::add, deadlines, 60_000, client, () -> overQuotaMs).write(answer);
        subscriber.onNext(text("{}\n"));
        answer.passing().completeExceptionally(new IllegalStateException("it stops"));
        assertThat(told()).startsWith("{}\n{\"error_code\":503,").endsWith("}\n");
        assertThat(whole).isCompletedExceptionally();
        assertThat(cancelled).isTrue();
    }

    @Test
    void aClientThatIsGoneEndsTheExchange() {
        CompletableFuture<Void> whole = write(60_000);
        gone = new IOException("reset");
        subscriber.onNext(piece(1));
        runTasks();

        assertThat(whole).isCompletedExceptionally();
        assertThat(cancelled).isTrue();
    }

    @Test
    void whatIsGivenUpFromOutsideIsNotWritten() {
        CompletableFuture<Void> whole = write(60_000);
        subscriber.onNext(piece(1));
        whole.cancel(false);
        runTasks();

        assertThat(written.size()).isZero();
        assertThat(cancelled).isTrue();
    }

    @Test
    void anOwnerThatBreaksOffIsTold() {
        CompletableFuture<Void> whole = write(60_000);
        subscriber.onNext(piece(1));
        subscriber.onError(new IOException("broken"));
        runTasks();

        assertThat(written.size()).isOne();
        assertThat(whole).isCompletedExceptionally();
    }

    @Test
    void anOwnerThatSendsNothingMoreIsGivenUp() {
        CompletableFuture<Void> whole = write(50);

        assertThat(whole).failsWithin(20, TimeUnit.SECONDS);
        assertThat(cancelled).isTrue();
    }
}
