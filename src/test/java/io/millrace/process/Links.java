package io.millrace.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A network namespace for each server, called {@code millrace-10.87.N.I} and with the address {@code 10.87.N.I}, and a bridge
 * between them: whatever one of them sends to another can be dropped. For root, with the command {@code ip}. Each has a network
 * N of its own, so that several builds can run on one machine. What a run that is broken off leaves is in nobody's way.
 */
public final class Links implements AutoCloseable {
    private static final int NETWORKS = 250;
    private static final int TRIES = 20;
    private static final String NOBODY = "02:00:00:00:00:fe";

    private final int network;
    private final int servers;

    private Links(int network, int servers) {
        this.network = network;
        this.servers = servers;
    }

    /** @throws IOException where namespaces cannot be made here */
    public static Links between(int servers) throws IOException, InterruptedException {
        IOException last = new IOException("no network was tried");
        for (int tries = 0; tries < TRIES; tries++) {
            Links links = new Links(ThreadLocalRandom.current().nextInt(NETWORKS), servers);
            try {
                ip("link add " + links.bridge() + " type bridge"); // fails where somebody has it
            } catch (IOException impossible) {
                last = impossible;
                continue;
            }
            try {
                links.make();
                return links;
            } catch (IOException impossible) {
                links.close();
                throw impossible;
            }
        }
        throw last;
    }

    private void make() throws IOException, InterruptedException {
        ip("addr add " + prefix() + ".254/24 dev " + bridge());
        ip("link set " + bridge() + " up");
        for (int server = 1; server <= servers; server++) {
            ip("netns add " + namespace(server));
            ip("link add " + port(server) + " type veth peer name eth0 netns " + namespace(server));
            ip("link set " + port(server) + " master " + bridge() + " up");
            ip("-n " + namespace(server) + " addr add " + address(server) + "/24 dev eth0");
            ip("-n " + namespace(server) + " link set eth0 up");
            ip("-n " + namespace(server) + " link set lo up");
        }
    }

    /** Of all addresses: MILLRACE_LOCAL_NAMESPACES of deploy/local.sh. */
    public String prefix() {
        return "10.87." + network;
    }

    public String address(int server) {
        return prefix() + "." + server;
    }

    private String namespace(int server) {
        return "millrace-" + address(server);
    }

    private String bridge() {
        return "millrace-" + network;
    }

    private String port(int server) {
        return "mr-" + network + "-" + server;
    }

    /** What the one sends to the other is lost from now on; what comes back is not. */
    public void cut(int from, int to) throws IOException, InterruptedException {
        // To a station that is not there: a route that refuses would tell the sender at once, as no broken link does.
        ip("-n " + namespace(from) + " neigh replace " + address(to) + " lladdr " + NOBODY + " dev eth0 nud permanent");
    }

    public void heal(int from, int to) throws IOException, InterruptedException {
        ip("-n " + namespace(from) + " neigh del " + address(to) + " dev eth0");
    }

    private static void ip(String arguments) throws IOException, InterruptedException {
        String[] words = ("ip " + arguments).split(" ");
        Process process = new ProcessBuilder(Arrays.asList(words)).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("ip " + arguments + ": " + said.trim());
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (int server = 1; server <= servers; server++) {
            remove("netns del " + namespace(server));
            remove("link del " + port(server));
        }
        remove("link del " + bridge());
    }

    private static void remove(String what) throws InterruptedException {
        try {
            ip(what);
        } catch (IOException notThere) {
            // nothing to be removed
        }
    }
}
