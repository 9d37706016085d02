package io.millrace.process;

import io.millrace.process.TransactionalProducer.FencedException;
import io.millrace.process.TransactionalProducer.LostTransactionException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Writes the input of a transfer in small transactions, some of which it aborts, and knows which were committed. A thread of
 * its own; what it knows is complete when it has been closed.
 */
final class TransferFeed implements AutoCloseable {
    /** Long: a request to begin that is late on its way would fence it, and nobody would know whether its last commit was done. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int TIMEOUT_MS = 30_000;
    private static final int RECORDS = 4;
    private static final int ABORTED_OF = 6;
    private static final long PAUSE_MS = 60;
    private static final int PATIENCE_SECONDS = 240;

    private final TransactionalProducer producer;
    private final int partitions;
    private final Random random;
    private final int[] numbers;
    private final Map<Integer, List<String>> committed = new HashMap<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Future<?> running;
    private volatile int transactions;
    private volatile boolean stopped;

    TransferFeed(List<URI> servers, int partitions, long seed) {
        this.producer = new TransactionalProducer(new AnyServer(servers, 0, PATIENCE), "feed", TIMEOUT_MS, true);
        this.partitions = partitions;
        this.random = new Random(seed);
        this.numbers = new int[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            committed.put(partition, new ArrayList<>());
        }
        running = thread.submit(this::run);
    }

    private Void run() throws InterruptedException, FencedException {
        producer.begin();
        while (!stopped) {
            Map<Integer, List<String>> values = new HashMap<>();
            for (int i = 0; i <= random.nextInt(RECORDS); i++) {
                int partition = random.nextInt(partitions);
                values.computeIfAbsent(partition, of -> new ArrayList<>()).add(TransferOutput.input(partition, numbers[partition]++));
            }
            if (isCommitted(values)) {
                values.forEach((partition, of) -> committed.get(partition).addAll(of));
                transactions++; // by this thread alone
            } else {
                producer.abort();
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        }
        return null;
    }

    private boolean isCommitted(Map<Integer, List<String>> values) throws InterruptedException {
        try {
            for (Map.Entry<Integer, List<String>> part : values.entrySet()) {
                producer.send(TransferApplication.INPUT, part.getKey(), part.getValue());
            }
            if (random.nextInt(ABORTED_OF) == 0) {
                return false;
            }
            producer.commit();
            return true;
        } catch (LostTransactionException lost) {
            return false;
        }
    }

    /** Waits until so many more transactions were committed. */
    void awaitMore(int more) {
        int before = transactions;
        ClusterClient.await(more + " more transactions are written", PATIENCE_SECONDS, () -> {
            if (running.isDone()) {
                close(); // it has failed, and says why
            }
            return transactions >= before + more;
        });
    }

    /** The values that were committed, in their order, by partition. */
    Map<Integer, List<String>> committed() {
        return committed;
    }

    /** Ends it, and tells how it failed when it did. */
    @Override
    public void close() {
        stopped = true;
        thread.shutdown();
        try {
            running.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw new AssertionError("the input could not be written: " + failed.getCause().getMessage(), failed.getCause());
        } catch (TimeoutException hangs) {
            throw new AssertionError("the input's last transaction does not end", hangs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
