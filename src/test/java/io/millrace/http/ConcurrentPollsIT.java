package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Several polls of one consumer at once, while records come. */
@ExtendWith(RunningServer.class)
class ConcurrentPollsIT {
    private static final int RECORDS = 400;
    private static final int POLLERS = 4;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(2);
    private final String instance = "/consumers/it-" + UUID.randomUUID() + "/instances/c";

    @AfterEach
    void nothingStays() {
        api.delete(instance);
        api.delete("/admin/topics/" + topic);
    }

    @Test
    void noRecordIsInTwoAnswers() throws Exception {
        api.post(instance.replace("/instances/c", ""), HttpApi.DIALECT, "{\"name\":\"c\",\"format\":\"json\","
                + "\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":false}").is(200);
        api.post(instance + "/subscription", HttpApi.DIALECT, "{\"topics\":[\"" + topic + "\"]}").is(204);
        ConcurrentLinkedQueue<Integer> given = new ConcurrentLinkedQueue<>();
        long end = System.nanoTime() + PATIENCE_NANOS;
        ExecutorService pollers = Executors.newFixedThreadPool(POLLERS);
        try {
            List<CompletableFuture<Void>> polls = IntStream.range(0, POLLERS).mapToObj(i -> CompletableFuture.runAsync(() -> {
                while (given.size() < RECORDS && System.nanoTime() < end) {
                    api.get(instance + "/records?timeout=300", HttpApi.JSON).is(200).array().getValuesAs(JsonObject.class)
                            .forEach(record -> given.add(record.getInt("value")));
                }
            }, pollers)).toList();
            for (int value = 0; value < RECORDS; value++) {
                api.produce(topic, Integer.toString(value));
            }
            CompletableFuture.allOf(polls.toArray(CompletableFuture[]::new)).get(2, TimeUnit.MINUTES);
        } finally {
            pollers.shutdownNow();
        }
        assertThat(given).doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, RECORDS).boxed().toList());
    }
}
