package io.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/** Closed-loop load: every connection has a thread and sends its next request when the last one was answered. */
final class HttpLoad {
    private static final Duration GRACE = Duration.ofSeconds(30);

    private final Opener opener;

    /** Connects to the server. */
    @FunctionalInterface
    interface Opener {
        /** @param connection its number from 0 */
        HttpConnection open(int connection) throws IOException;
    }

    HttpLoad(InetSocketAddress server) {
        this((IntFunction<InetSocketAddress>) connection -> server);
    }

    /** @param servers whom each connection asks, by its number from 0 */
    HttpLoad(IntFunction<InetSocketAddress> servers) {
        this.opener = connection -> new HttpConnection(servers.apply(connection));
    }

    private HttpLoad(Opener opener) {
        this.opener = opener;
    }

    /** By connections that are made otherwise. */
    static HttpLoad by(Opener opener) {
        return new HttpLoad(opener);
    }

    /** @throws IOException when an answer is neither 2xx nor 503, or the server stops answering */
    LoadResult run(int connections, Duration duration, Workload.Factory workloads)
            throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        List<HttpConnection> open = new ArrayList<>();
        try {
            for (int i = 0; i < connections; i++) {
                open.add(opener.open(i));
            }
            long start = System.nanoTime();
            long end = start + duration.toNanos();
            List<Future<Lane>> lanes = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                Workload workload = workloads.forConnection(i);
                if (workload.readsBodies()) {
                    open.get(i).keepBodies();
                }
                Lane lane = new Lane(open.get(i), workload);
                lanes.add(threads.submit(() -> lane.run(end)));
            }
            Lane sum = new Lane(null, null);
            for (Future<Lane> lane : lanes) {
                sum.add(lane.get(end - System.nanoTime() + GRACE.toNanos(), TimeUnit.NANOSECONDS));
            }
            return sum.result(duration.toNanos() / 1e9);
        } catch (ExecutionException e) {
            throw new IOException("the load broke off: " + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("no answer within " + GRACE.toSeconds() + " s after the end of the load", e);
        } finally {
            threads.shutdownNow();
            for (HttpConnection connection : open) {
                connection.close();
            }
        }
    }

    /** One connection's loop and its sums; written by that connection's thread only. */
    private static final class Lane {
        private final HttpConnection connection;
        private final Workload workload;
        private final Latencies latencies = new Latencies();
        private long requests;
        private long refused;
        private long records;
        private long sent;
        private long received;

        Lane(HttpConnection connection, Workload workload) {
            this.connection = connection;
            this.workload = workload;
        }

        Lane run(long end) throws IOException {
            for (long begin = System.nanoTime(); begin < end; begin = System.nanoTime()) {
                ByteBuffer request = workload.next();
                HttpAnswer answer = connection.exchange(request);
                long done = System.nanoTime();
                if (answer.status() == 503) {
                    refused++;
                    LockSupport.parkNanos(workload.pauseWhenRefused().toNanos());
                } else if (!answer.successful()) {
                    if (workload.survives(answer)) {
                        continue;
                    }
                    throw new IOException("answer " + answer.status() + ": " + answer.bodyStart());
                } else {
                    long accepted = workload.accept(answer);
                    if (done <= end) {
                        requests++;
                        records += accepted;
                        sent += request.remaining();
                        received += answer.bodyBytes();
                        latencies.add(done - begin);
                    }
                }
            }
            return this;
        }

        void add(Lane other) {
            latencies.addAll(other.latencies);
            requests += other.requests;
            refused += other.refused;
            records += other.records;
            sent += other.sent;
            received += other.received;
        }

        LoadResult result(double seconds) {
            return LoadResult.of(seconds, requests, refused, records, sent, received, latencies);
        }
    }
}
