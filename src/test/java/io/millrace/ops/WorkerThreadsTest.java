package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.millrace.rest.cluster.WithoutTls;
import io.millrace.rest.routing.BrokerClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkerThreadsTest {
    private final ExecutorService shared = Executors.newCachedThreadPool(task -> new Thread(task, "shared"));
    private final WorkerThreads workers = new WorkerThreads(shared, task -> new Thread(task, "further"));

    @AfterEach
    void stop() {
        shared.shutdownNow();
    }

    private String threadOfATask() {
        CompletableFuture<String> thread = new CompletableFuture<>();
        workers.execute(() -> thread.complete(Thread.currentThread().getName()));
        return thread.orTimeout(30, TimeUnit.SECONDS).join();
    }

    @Test
    void tasksGoToTheManagedExecutorWhileItTakesThemAndAfterwardsToThreadsOfTheirOwn() {
        assertThat(threadOfATask()).isEqualTo("shared");
        shared.shutdown();
        assertThat(threadOfATask()).isEqualTo("further");
    }

    @Test
    void theirThreadIsNotThatOfTheCaller() {
        shared.shutdown();
        CountDownLatch returned = new CountDownLatch(1);
        CompletableFuture<Boolean> waited = new CompletableFuture<>();
        workers.execute(() -> {
            try {
                waited.complete(returned.await(30, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                waited.completeExceptionally(e);
            }
        });
        returned.countDown();
        assertThat(waited).succeedsWithin(30, TimeUnit.SECONDS).isEqualTo(true);
    }

    @Test
    void whatNobodyCanDoAnyMoreIsToldToTheCaller() {
        shared.shutdown();
        WorkerThreads stopped = new WorkerThreads(shared, task -> {
            throw new IllegalStateException("the application has stopped");
        });
        assertThatThrownBy(() -> stopped.execute(() -> { })).isInstanceOf(IllegalStateException.class);
    }

    /** As a request that is passed on is in progress when the process is told to end. */
    @Test
    void anExchangeWithAnotherBrokerIsAnsweredThoughTheManagedExecutorTakesNoTasksAnyMore() throws IOException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch ending = new CountDownLatch(1);
        HttpServer broker = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        broker.createContext("/", exchange -> {
            asked.countDown();
            await(ending);
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("ok".getBytes());
            exchange.close();
        });
        broker.start();
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + broker.getAddress().getPort())).build();
            CompletableFuture<HttpResponse<String>> answer =
                    new BrokerClient(workers, new WithoutTls()).send(request, HttpResponse.BodyHandlers.ofString());
            await(asked);
            shared.shutdown();
            ending.countDown();

            assertThat(answer).succeedsWithin(30, TimeUnit.SECONDS).extracting(HttpResponse::body).isEqualTo("ok");
        } finally {
            broker.stop(0);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
