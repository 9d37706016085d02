package io.millrace.cluster;

import java.nio.file.Path;

/** This server's member of the cluster: starts Hazelcast, restores the registers from the journal, stops both. */
public final class ClusterNode implements AutoCloseable {
    /**
     * @param clusterName  members with another name are not joined
     * @param brokerId     this broker's id
     * @param host         address to bind to
     * @param port         port to bind to
     * @param journalRoot  folder of the journal
     */
    public record Options(String clusterName, int brokerId, String host, int port, Path journalRoot) {
    }

    private ClusterNode() {
    }

    /**
     * Blocks until the registers are restored.
     *
     * @param executor runs the journal's writer for as long as the node is open
     */
    public static ClusterNode start(Options options, java.util.concurrent.Executor executor) {
        throw new UnsupportedOperationException();
    }

    public RegisterStore registers() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
