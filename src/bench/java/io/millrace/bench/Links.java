package io.millrace.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A network namespace for each server, {@code millrace-I} with the address {@code 10.87.0.I}, and a bridge between them:
 * whatever one of them sends to another can be dropped. For root, with the command {@code ip}.
 */
final class Links implements AutoCloseable {
    static final String PREFIX = "10.87.0";
    private static final String BRIDGE = "millrace-links";
    private static final String NOBODY = "02:00:00:00:00:fe";

    private final int servers;

    private Links(int servers) {
        this.servers = servers;
    }

    /** @throws IOException where namespaces cannot be made here */
    static Links between(int servers) throws IOException, InterruptedException {
        Links links = new Links(servers);
        links.close(); // what a run that was broken off left behind
        try {
            ip("link add " + BRIDGE + " type bridge");
            ip("addr add " + PREFIX + ".254/24 dev " + BRIDGE);
            ip("link set " + BRIDGE + " up");
            for (int server = 1; server <= servers; server++) {
                ip("netns add " + namespace(server));
                ip("link add mr-veth-" + server + " type veth peer name eth0 netns " + namespace(server));
                ip("link set mr-veth-" + server + " master " + BRIDGE + " up");
                ip("-n " + namespace(server) + " addr add " + address(server) + "/24 dev eth0");
                ip("-n " + namespace(server) + " link set eth0 up");
                ip("-n " + namespace(server) + " link set lo up");
            }
        } catch (IOException impossible) {
            links.close();
            throw impossible;
        }
        return links;
    }

    static String address(int server) {
        return PREFIX + "." + server;
    }

    private static String namespace(int server) {
        return "millrace-" + server;
    }

    /** What the one sends to the other is lost from now on; what comes back is not. */
    void cut(int from, int to) throws IOException, InterruptedException {
        // To a station that is not there: a route that refuses would tell the sender at once, as no broken link does.
        ip("-n " + namespace(from) + " neigh replace " + address(to) + " lladdr " + NOBODY + " dev eth0 nud permanent");
    }

    void heal(int from, int to) throws IOException, InterruptedException {
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
            remove("link del mr-veth-" + server);
        }
        remove("link del " + BRIDGE);
    }

    private static void remove(String what) throws InterruptedException {
        try {
            ip(what);
        } catch (IOException notThere) {
            // nothing to be removed
        }
    }
}
