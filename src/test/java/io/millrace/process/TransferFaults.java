package io.millrace.process;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** What happens to those who take part in a transfer, one thing after the other, in an order of a seed. One thread. */
final class TransferFaults {
    private static final int PATIENCE_SECONDS = 240;
    private static final int GOES_ON = 5;

    private final LocalServers servers;
    private final List<URI> urls;
    private final ClusterClient client;
    private final TransferFeed feed;
    private final TransferApplications applications;
    private final List<String> transactionalIds;
    private final String group;
    private final int partitions;
    private final Links links;
    private final Random random;
    private final List<Kind> left = new ArrayList<>();
    private final List<String> done = new ArrayList<>();

    /** All that can happen. */
    enum Kind {
        KILL_LEADER, KILL_TRANSACTION_COORDINATOR, KILL_GROUP_COORDINATOR, PAUSE_LEADER, PAUSE_TRANSACTION_COORDINATOR, CUT_LINK,
        KILL_APPLICATION, SUPPLANT_APPLICATION
    }

    /** @param links null where none can be cut */
    TransferFaults(LocalServers servers, List<URI> urls, TransferFeed feed, TransferApplications applications,
                   List<String> transactionalIds, String group, int partitions, Links links, Random random) {
        this.servers = servers;
        this.urls = urls;
        this.client = new ClusterClient(urls);
        this.feed = feed;
        this.applications = applications;
        this.transactionalIds = transactionalIds;
        this.group = group;
        this.partitions = partitions;
        this.links = links;
        this.random = random;
    }

    /** Those of some that can be made to happen on this machine. */
    List<Kind> possible(List<Kind> wanted) {
        return wanted.stream().filter(kind -> kind != Kind.CUT_LINK || links != null).toList();
    }

    /**
     * The next one, each of these once before any comes again; returns when all is whole, and the transfer goes on.
     *
     * @param kinds that are {@link #possible}
     */
    void next(List<Kind> kinds) throws IOException, InterruptedException {
        if (left.isEmpty()) {
            left.addAll(kinds);
            Collections.shuffle(left, random);
        }
        befall(left.remove(left.size() - 1));
        applications.supervise();
        client.awaitWhole("all servers agree and have every record after " + done, PATIENCE_SECONDS);
        awaitTransferred();
    }

    /** What has happened, and to whom. */
    List<String> done() {
        return List.copyOf(done);
    }

    private void befall(Kind kind) throws IOException, InterruptedException {
        switch (kind) {
            case KILL_LEADER -> kill(kind, leader());
            case KILL_TRANSACTION_COORDINATOR -> kill(kind, transactionCoordinator());
            case KILL_GROUP_COORDINATOR -> kill(kind, groupCoordinator());
            case PAUSE_LEADER -> pause(kind, leader());
            case PAUSE_TRANSACTION_COORDINATOR -> pause(kind, transactionCoordinator());
            case CUT_LINK -> cut();
            case KILL_APPLICATION -> applications.kill(note(kind, some(transactionalIds)));
            case SUPPLANT_APPLICATION -> applications.supplant(note(kind, some(transactionalIds)), 3_000 + random.nextInt(3_000));
        }
    }

    private <T> T note(Kind kind, T whom) {
        done.add(kind + " " + whom);
        return whom;
    }

    private <T> T some(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private void kill(Kind kind, int server) {
        servers.kill(note(kind, server));
        feed.awaitMore(GOES_ON); // without it
        servers.run("launch", Integer.toString(server)).succeeded();
    }

    /** Too short for the others to notice, or so long that they hold it to be gone. */
    private void pause(Kind kind, int server) throws InterruptedException {
        servers.run("pause", Integer.toString(note(kind, server))).succeeded();
        try {
            TimeUnit.MILLISECONDS.sleep(1_000 + random.nextInt(8_000));
        } finally {
            servers.run("resume", Integer.toString(server)).succeeded();
        }
    }

    /** One way, or both. */
    private void cut() throws IOException, InterruptedException {
        int from = 1 + random.nextInt(urls.size());
        int to = from % urls.size() + 1;
        boolean bothWays = random.nextBoolean();
        note(Kind.CUT_LINK, "from " + from + " to " + to + (bothWays ? " and back" : ""));
        links.cut(from, to);
        if (bothWays) {
            links.cut(to, from);
        }
        TimeUnit.MILLISECONDS.sleep(2_000 + random.nextInt(8_000));
        links.heal(from, to);
        if (bothWays) {
            links.heal(to, from);
        }
    }

    private void awaitTransferred() {
        feed.awaitMore(GOES_ON);
        long before = applications.committed();
        ClusterClient.await("records are transferred after " + done, PATIENCE_SECONDS, () -> {
            applications.supervise();
            return applications.committed() > before;
        });
    }

    private int leader() {
        String topic = some(List.of(TransferApplication.INPUT, TransferOutput.ENTRIES.label(), TransferOutput.LEDGER.label()));
        int partition = random.nextInt(partitions);
        return known("the leader of " + topic + "-" + partition, () -> client.leader(0, topic, partition));
    }

    private int groupCoordinator() {
        return known("the coordinator of the group", () -> {
            JsonObject described = client.json(0, "/admin/groups/" + group);
            return described == null ? -1 : described.getInt("coordinator");
        });
    }

    private int transactionCoordinator() {
        String transactionalId = some(transactionalIds);
        return known("the coordinator of " + transactionalId, () -> {
            try {
                HttpResponse<String> answer = client.send(0, "GET", "/transactions/" + transactionalId, null, null);
                // who asks the coordinator itself is not told who it is
                return answer.statusCode() != 200 ? -1 : 1 + answer.headers().firstValue("Millrace-Coordinator")
                        .map(url -> urls.indexOf(URI.create(url))).orElse(0);
            } catch (IOException slow) {
                return -1;
            }
        });
    }

    private static int known(String what, IntSupplier server) {
        int[] found = {-1};
        ClusterClient.await(what + " is known", PATIENCE_SECONDS, () -> {
            found[0] = server.getAsInt();
            return found[0] > 0;
        });
        return found[0];
    }
}
