package io.millrace.agreement;

import java.nio.file.Path;
import java.util.List;

/**
 * What a server brings into its cluster.
 *
 * @param clusterName  members with another name are not joined
 * @param brokerId     this broker's id, from 0
 * @param host         address or name to bind to: one address of this machine, not all
 * @param port         port to bind to; 0: any free one, for a server alone
 * @param journalRoot  folder of the journal, created when it is not there; no other logs may be in it
 * @param members      {@code host:port} of every server of the cluster, this one included; empty: found by DNS, or
 *                     one server alone
 * @param size         number of servers that the cluster has when all are up
 * @param dns          name that stands for the addresses of all servers (a headless service in Kubernetes), or null
 * @param secret       known to all servers of the cluster; may be empty for a server alone
 * @param url          base URL of this broker's HTTP interface
 * @param rack         where it stands, or null
 */
public record ClusterOptions(String clusterName, int brokerId, String host, int port, Path journalRoot,
                      List<String> members, int size, String dns, String secret, String url, String rack) {
    private static final int MAX_PORT = 65_535;
    private static final int SMALL_CP = 3;
    private static final int LARGE_CP = 5;

    /** @throws IllegalArgumentException when a value is missing or out of its range */
    public ClusterOptions {
        members = List.copyOf(members);
        if (clusterName.isBlank() || host.isBlank()) {
            throw new IllegalArgumentException("the cluster needs a name and a host");
        }
        if (brokerId < 0) {
            throw new IllegalArgumentException("broker id " + brokerId + " is below 0");
        }
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("cluster port " + port + " is not in 0 to " + MAX_PORT);
        }
        requireCluster(members, size, dns, secret, host + ":" + port);
    }

    /** A server alone. */
    public ClusterOptions(String clusterName, int brokerId, String host, int port, Path journalRoot) {
        this(clusterName, brokerId, host, port, journalRoot, List.of(), 1, null, "", "", null);
    }

    private static void requireCluster(List<String> members, int size, String dns, String secret, String self) {
        if (size == 2) {
            throw new IllegalArgumentException("a cluster of 2 servers stops when either of them does, because one"
                + " is no majority of two: take 1 server, or 3 and more");
        }
        if (size < 1 || members.stream().distinct().count() != members.size()) {
            throw new IllegalArgumentException("the cluster needs at least 1 server, and each only once");
        }
        if (!members.isEmpty() && (members.size() != size || dns != null)) {
            throw new IllegalArgumentException("the list of cluster members has " + members.size()
                + " servers, but " + (dns != null ? "they are to be found by DNS too: give one of the two"
                : "the size of the cluster is " + size));
        }
        members.forEach(MemberAddress::parse);
        if (!members.isEmpty() && !members.contains(self)) {
            throw new IllegalArgumentException("the list of cluster members, " + members + ", lacks this server's"
                + " own host and port, " + self);
        }
        if (size > 1 && members.isEmpty() && dns == null) {
            throw new IllegalArgumentException("a cluster of " + size + " servers needs the list of its members, or"
                + " a DNS name that stands for them");
        }
        if (size > 1 && secret.isBlank()) {
            throw new IllegalArgumentException("a cluster of several servers needs a secret that all of them know");
        }
    }

    /** How many members the CP subsystem has. */
    public int cpMembers() {
        return size < LARGE_CP ? SMALL_CP : LARGE_CP;
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "ClusterOptions[clusterName=" + clusterName + ", brokerId=" + brokerId + ", host=" + host + ", port=" + port
            + ", journalRoot=" + journalRoot + ", members=" + members + ", size=" + size + ", dns=" + dns + ", url="
            + url + ", rack=" + rack + "]";
    }
}
