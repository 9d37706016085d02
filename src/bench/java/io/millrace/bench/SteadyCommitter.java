package io.millrace.bench;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A group's one consumer, which commits one offset after the other of all its partitions at once, at whichever server takes
 * it: the next one is tried when one refuses or does not answer.
 */
final class SteadyCommitter implements Callable<Void> {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final HttpClient client;
    private final BenchCluster cluster;
    private final String group;
    private final String topic;
    private final int partitions;
    private final long end;
    private final List<Long> moments = new ArrayList<>(); // guarded by itself
    private volatile long sent;
    private volatile long acknowledged;
    private volatile boolean over;

    /** @param end of each partition: beyond it nothing can be committed */
    SteadyCommitter(HttpClient client, BenchCluster cluster, String group, String topic, int partitions, long end) {
        this.client = client;
        this.cluster = cluster;
        this.group = group;
        this.topic = topic;
        this.partitions = partitions;
        this.end = end;
    }

    String group() {
        return group;
    }

    /** The last offset that was acknowledged; those after it, up to {@link #sent}, may have been committed. */
    long acknowledged() {
        return acknowledged;
    }

    long sent() {
        return sent;
    }

    /** How long nothing was acknowledged at a time, between two moments, in s. */
    double longestPause(long from, long to) {
        long last = from;
        long longest = 0;
        synchronized (moments) {
            for (long moment : moments) {
                if (moment >= from && moment <= to) {
                    longest = Math.max(longest, moment - last);
                    last = moment;
                }
            }
        }
        return Math.max(longest, to - last) / 1e9;
    }

    /** @throws IOException when an answer is neither 204 nor 503: nothing that a dying coordinator explains */
    @Override
    public Void call() throws IOException, InterruptedException {
        int server = Math.floorMod(group.hashCode(), BenchCluster.SERVERS) + 1;
        while (!over && acknowledged < end) {
            sent = acknowledged + 1;
            if (isAcknowledged(server, sent)) {
                acknowledged = sent;
                synchronized (moments) {
                    moments.add(System.nanoTime());
                }
            } else {
                server = server % BenchCluster.SERVERS + 1;
            }
            LockSupport.parkNanos(BETWEEN_NANOS);
        }
        return null;
    }

    private boolean isAcknowledged(int server, long offset) throws IOException, InterruptedException {
        HttpRequest commit = HttpRequest.newBuilder(cluster.servers().uri(server).resolve(GroupConsumers.path(group, "c") + "/offsets"))
                .timeout(PATIENCE).header("Content-Type", HttpRequests.ANSWER).POST(BodyPublishers.ofString(body(offset))).build();
        HttpResponse<String> answer;
        try {
            answer = client.send(commit, BodyHandlers.ofString());
        } catch (IOException unreachable) {
            return false; // it died in the middle, or is not there
        }
        if (answer.statusCode() != 204 && answer.statusCode() != 503) {
            throw new IOException("offset " + offset + " of " + group + " was answered with " + answer.statusCode() + ": " + answer.body());
        }
        return answer.statusCode() == 204;
    }

    private String body(long offset) {
        return IntStream.range(0, partitions)
                .mapToObj(partition -> "{\"topic\":\"" + topic + "\",\"partition\":" + partition + ",\"offset\":" + offset + "}")
                .collect(Collectors.joining(",", "{\"offsets\":[", "]}"));
    }

    void stop() {
        over = true;
    }
}
