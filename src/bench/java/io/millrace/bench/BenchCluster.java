package io.millrace.bench;

import io.millrace.process.Links;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** Three servers on this machine as one cluster, and what is asked of it again and again. */
final class BenchCluster implements AutoCloseable {
    static final int SERVERS = 3;
    private static final double TICKS_PER_SECOND = 100;
    private static final long LONGEST_PAUSE_SECONDS = 120;

    private final LocalServer servers;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1)).build();

    /** Of the server that was asked last whether the cluster is whole. */
    private String lastSaid = "";

    private BenchCluster(LocalServer servers) {
        this.servers = servers;
    }

    static BenchCluster start(BenchOptions options, Path work) throws IOException, InterruptedException {
        return new BenchCluster(LocalServer.start(options, work, Map.of(), SERVERS));
    }

    /** Each server in a network namespace of its own, so that the links between them can be cut. */
    static BenchCluster start(BenchOptions options, Path work, Links links) throws IOException, InterruptedException {
        return new BenchCluster(LocalServer.start(options, work, links, SERVERS));
    }

    LocalServer servers() {
        return servers;
    }

    TopicAdmin admin() {
        return admin(1);
    }

    TopicAdmin admin(int server) {
        return new TopicAdmin(servers.uri(server));
    }

    /** A command of deploy/local.sh. */
    void run(String command, int server) throws IOException, InterruptedException {
        servers.run(command, server);
    }

    /** Starts those that do not run, and waits until the cluster is whole. */
    void mend() throws IOException, InterruptedException {
        servers.startAll(SERVERS);
        awaitWhole();
    }

    /** Load on one partition, sent to its leader. */
    record Lane(HttpLoad load, Workload.Factory workloads, int connections, TopicAdmin leader, String topic) {
        /** Empties the partition afterwards. */
        LoadResult run(Duration duration) throws IOException, InterruptedException {
            LoadResult result = runOn(duration);
            leader.empty(topic);
            return result;
        }

        /** Leaves what it wrote. */
        LoadResult runOn(Duration duration) throws IOException, InterruptedException {
            return load.run(connections, duration, workloads);
        }
    }

    /** Makes the topic, and a lane of so many connections that each send the body, a batch of so many records. */
    Lane lane(String topic, String flush, int replicas, String acks, ByteBuffer body, int records, int connections)
            throws IOException, InterruptedException {
        return lane(topic, flush, replicas, connections, requests -> {
            ByteBuffer request = requests.post("/topics/" + topic + "/partitions/0?acks=" + acks, HttpRequests.BATCH, body);
            return connection -> Workload.repeat(request, records);
        });
    }

    /** @param workloads made of the requests to the leader */
    Lane lane(String topic, String flush, int replicas, int connections, Function<HttpRequests, Workload.Factory> workloads)
            throws IOException, InterruptedException {
        admin().create(topic, flush, 1, replicas);
        int leader = awaitLeader(topic, 0);
        InetSocketAddress address = servers.address(leader);
        return new Lane(new HttpLoad(address), workloads.apply(new HttpRequests(servers.uri(leader).getAuthority())), connections,
                admin(leader), topic);
    }

    int awaitLeader(String topic, int partition) throws IOException, InterruptedException {
        TimeUnit.SECONDS.sleep(2);
        for (int tries = 0; tries < 20; tries++) {
            int leader = admin().leader(topic, partition);
            if (leader > 0) {
                return leader;
            }
            TimeUnit.MILLISECONDS.sleep(500);
        }
        throw new IOException("topic " + topic + " has no leader");
    }

    /** Until every server says that all are up, take part in the agreement, and have every record. */
    void awaitWhole() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_PAUSE_SECONDS);
        int whole = 0;
        while (whole < SERVERS) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the cluster was not whole again within " + LONGEST_PAUSE_SECONDS + " s; server "
                        + (whole + 1) + " says: " + lastSaid);
            }
            whole = isWhole(whole + 1) ? whole + 1 : 0;
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private boolean isWhole(int server) throws InterruptedException {
        try {
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(servers.uri(server)
                    .resolve("/admin/cluster")).timeout(Duration.ofSeconds(5)).build(),
                    HttpResponse.BodyHandlers.ofString());
            lastSaid = answer.body();
            return answer.statusCode() == 200 && answer.body().contains("\"under_replicated\":[]")
                    && !answer.body().contains("\"live\":false") && !answer.body().contains("\"cp_member\":false");
        } catch (IOException notNow) {
            lastSaid = "nothing, " + notNow;
            return false; // asked again, until the deadline
        }
    }

    /** Until a record sent to this server was acknowledged by all in sync. */
    void awaitAcknowledged(String topic, int server) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_PAUSE_SECONDS);
        while (System.nanoTime() < deadline) {
            if (isAcknowledged(topic, 0, server, Duration.ofSeconds(2))) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        throw new IOException("nothing was acknowledged for " + LONGEST_PAUSE_SECONDS + " s");
    }

    /** Sends one record to a server. */
    boolean isAcknowledged(String topic, int partition, int server, Duration patience) throws InterruptedException {
        URI path = servers.uri(server).resolve("/topics/" + topic + "/partitions/" + partition + "?acks=all");
        try {
            return client.send(HttpRequest.newBuilder(path).timeout(patience).header("Content-Type", HttpRequests.JSON)
                    .POST(HttpRequest.BodyPublishers.ofString("{\"records\":[{\"value\":1}]}")).build(),
                    HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException unreachable) {
            return false; // the leader went away in the middle, or is not reached
        }
    }

    /** The share of a core that each server takes in the next seconds, in percent. */
    double[] percentOfACore(int seconds) throws IOException, InterruptedException {
        double[] before = ticks();
        TimeUnit.SECONDS.sleep(seconds);
        double[] after = ticks();
        double[] percent = new double[SERVERS];
        for (int i = 0; i < SERVERS; i++) {
            percent[i] = (after[i] - before[i]) / TICKS_PER_SECOND / seconds * 100;
        }
        return percent;
    }

    private double[] ticks() throws IOException {
        double[] ticks = new double[SERVERS];
        for (int i = 0; i < SERVERS; i++) {
            String stat = Files.readString(Path.of("/proc", Long.toString(servers.pids().get(i)), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            ticks[i] = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
        }
        return ticks;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        servers.close();
    }
}
