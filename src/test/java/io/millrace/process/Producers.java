package io.millrace.process;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that produce, and one that creates topics, until the server is gone; each remembers what it was promised. */
final class Producers {
    private static final int THREADS = 4;
    private static final int MAX_RECORDS = 20;
    private static final int MAX_PADDING = 2_000;

    private final List<Future<?>> running = new ArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);

    /** @param name unlike any other's, so that no value is sent twice */
    Producers(String name, long seed, URI server, String topic, int partitions, Acknowledged acknowledged) {
        for (int thread = 0; thread < THREADS; thread++) {
            String producer = name + "-" + thread;
            Random random = new Random(seed + thread);
            ServerClient client = new ServerClient(server);
            running.add(threads.submit(() -> {
                for (long sequence = 0;; sequence++) {
                    int partition = random.nextInt(partitions);
                    List<String> values = values(producer + "-" + sequence, random);
                    acknowledged.records(topic, partition, client.produce(topic, partition, values), values);
                }
            }));
        }
        running.add(threads.submit(() -> {
            ServerClient client = new ServerClient(server);
            for (int number = 0;; number++) {
                String created = "made-by-" + name + "-" + number;
                client.createTopic(created, 1, "{}");
                acknowledged.topic(created, 1);
            }
        }));
        threads.shutdown();
    }

    private static List<String> values(String name, Random random) {
        List<String> values = new ArrayList<>();
        for (int record = random.nextInt(MAX_RECORDS); record >= 0; record--) {
            values.add(name + "-" + record + "-" + "x".repeat(random.nextInt(MAX_PADDING)));
        }
        return values;
    }

    /** Returns when each has met the server's end; anything else that went wrong is thrown. */
    void awaitServerGone() throws InterruptedException {
        for (Future<?> producer : running) {
            try {
                producer.get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof IOException)) {
                    throw new AssertionError("a producer failed while the server ran", e.getCause());
                }
            }
        }
    }
}
