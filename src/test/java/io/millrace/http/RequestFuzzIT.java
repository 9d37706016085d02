package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Ten thousand requests whose headers, paths and queries no client in its senses sends: none is the server's fault, and whatever
 * reaches the application is answered in its shape. A failure names the seed ({@code -Dmillrace.fuzz.seed}) and the request.
 */
@ExtendWith(RunningServer.class)
class RequestFuzzIT {
    private static final int REQUESTS = 10_000;
    private static final int CONNECTIONS = 4;

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(2);

    @Test
    void nothingThatIsSentIsTheServersFault() throws InterruptedException, ExecutionException {
        long seed = Long.getLong("millrace.fuzz.seed", System.nanoTime());
        String group = "fuzz-" + topic;
        api.post("/consumers/" + group, HttpApi.DIALECT, "{\"name\":\"c\"}").is(200);
        ExecutorService senders = Executors.newFixedThreadPool(CONNECTIONS);
        try {
            List<Future<Tally>> runs = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                FuzzedRequests requests = new FuzzedRequests(new Random(seed + i), topic, group);
                runs.add(senders.submit(() -> run(requests, seed)));
            }
            Tally all = new Tally(0, 0);
            for (Future<Tally> run : runs) {
                all = all.plus(run.get());
            }
            // else the fuzzing would be of no use: both kinds are to be there
            assertThat(all.understood()).as("seed %d", seed).isBetween(REQUESTS / 50, REQUESTS * 9 / 10);
            assertThat(all.unavailable()).as("503 with seed %d: no hiding place for what fails", seed).isLessThan(REQUESTS / 100);
        } finally {
            senders.shutdownNow();
        }
        api.assertServing();
    }

    /**
     * @param understood  answered with what was asked for
     * @param unavailable answered with 503
     */
    private record Tally(int understood, int unavailable) {
        Tally plus(Tally other) {
            return new Tally(understood + other.understood, unavailable + other.unavailable);
        }
    }

    private Tally run(FuzzedRequests requests, long seed) {
        int understood = 0;
        int unavailable = 0;
        KeptAlive connection = new KeptAlive(api.base());
        try {
            for (int i = 0; i < REQUESTS / CONNECTIONS; i++) {
                String request = requests.next();
                KeptAlive.Answer answer = connection.exchange(request);
                check(request, answer, seed);
                understood += answer.status() < 300 ? 1 : 0;
                unavailable += answer.status() == 503 ? 1 : 0;
                if (answer.isLast()) {
                    connection.close();
                    connection = new KeptAlive(api.base());
                }
            }
        } finally {
            connection.close();
        }
        return new Tally(understood, unavailable);
    }

    private static void check(String request, KeptAlive.Answer answer, long seed) {
        boolean ours = answer.body().isEmpty() || answer.status() < 400 || answer.body().contains("\"error_code\":" + answer.status())
                // the container's own, for a path that is no URI
                || answer.status() == 400 && answer.body().contains("CWWWC0005I");
        if (answer.status() >= 500 && answer.status() != 503 || answer.body().contains("<html") || !ours) {
            throw new AssertionError("seed %d, request:%n%s%nanswer: %d %s".formatted(seed, request, answer.status(), answer.body()));
        }
    }
}
