package io.millrace.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A writer for each partition of a topic, one record after the other with {@code acks=all}, at whichever server takes it:
 * the next one is tried when one refuses or does not answer. They say how long they paused.
 */
final class SteadyWriters implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final BenchCluster cluster;
    private final String topic;
    private final ExecutorService threads;
    private final List<Writer> writers = new ArrayList<>();
    private volatile boolean over;

    /** How long nothing was acknowledged at a time, in s: to any writer, and to the one that paused longest. */
    record Pauses(double ofAll, double ofOne) {
    }

    SteadyWriters(BenchCluster cluster, String topic, int partitions) {
        this.cluster = cluster;
        this.topic = topic;
        this.threads = Executors.newFixedThreadPool(partitions);
        for (int partition = 0; partition < partitions; partition++) {
            Writer writer = new Writer(partition);
            writers.add(writer);
            threads.execute(writer);
        }
    }

    private final class Writer implements Runnable {
        private final int partition;
        private final List<Long> acknowledged = new ArrayList<>(); // guarded by itself

        private Writer(int partition) {
            this.partition = partition;
        }

        @Override
        public void run() {
            int server = partition % BenchCluster.SERVERS + 1;
            try {
                while (!over) {
                    if (cluster.isAcknowledged(topic, partition, server, PATIENCE)) {
                        synchronized (acknowledged) {
                            acknowledged.add(System.nanoTime());
                        }
                    } else {
                        server = server % BenchCluster.SERVERS + 1;
                    }
                    LockSupport.parkNanos(BETWEEN_NANOS);
                }
            } catch (InterruptedException closed) {
                Thread.currentThread().interrupt();
            }
        }

        private List<Long> since(long begun) {
            synchronized (acknowledged) {
                return acknowledged.stream().filter(at -> at >= begun).toList();
            }
        }
    }

    /** From a moment until now. */
    Pauses since(long begun) {
        long now = System.nanoTime();
        List<Long> all = new ArrayList<>();
        double longest = 0;
        for (Writer writer : writers) {
            List<Long> own = writer.since(begun);
            longest = Math.max(longest, longestGap(begun, own, now));
            all.addAll(own);
        }
        all.sort(null);
        return new Pauses(longestGap(begun, all, now), longest);
    }

    private static double longestGap(long begun, List<Long> moments, long end) {
        long last = begun;
        long longest = 0;
        for (long moment : moments) {
            longest = Math.max(longest, moment - last);
            last = moment;
        }
        return Math.max(longest, end - last) / 1e9;
    }

    @Override
    public void close() {
        over = true;
        threads.shutdownNow();
    }
}
