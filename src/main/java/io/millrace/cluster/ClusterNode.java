package io.millrace.cluster;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.millrace.log.LogDirectoryOfflineException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** This server's member of the cluster: starts Hazelcast, restores the registers from the journal, stops both. */
public final class ClusterNode implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(ClusterNode.class.getName());
    private static final int MAX_PORT = 65_535;

    /**
     * @param clusterName  members with another name are not joined
     * @param brokerId     this broker's id, from 0
     * @param host         address or name to bind to: one address of this machine, not all
     * @param port         port to bind to; 0: any free one
     * @param journalRoot  folder of the journal, created when it is not there; no other logs may be in it
     */
    public record Options(String clusterName, int brokerId, String host, int port, Path journalRoot) {
        /** @throws IllegalArgumentException when a value is missing or out of its range */
        public Options {
            if (clusterName.isBlank() || host.isBlank()) {
                throw new IllegalArgumentException("the cluster needs a name and a host");
            }
            if (brokerId < 0) {
                throw new IllegalArgumentException("broker id " + brokerId + " is below 0");
            }
            if (port < 0 || port > MAX_PORT) {
                throw new IllegalArgumentException("cluster port " + port + " is not in 0 to " + MAX_PORT);
            }
        }
    }

    private final Journal journal;
    private final HazelcastInstance hazelcast;
    private final RegisterStore registers;

    private ClusterNode(Journal journal, HazelcastInstance hazelcast, RegisterStore registers) {
        this.journal = journal;
        this.hazelcast = hazelcast;
        this.registers = registers;
    }

    /**
     * Blocks until the registers are restored: a few seconds.
     *
     * @param executor runs the journal's writer for as long as the node is open
     * @throws IllegalStateException        when this version of Hazelcast is not supported, or another process has the
     *                                      journal open
     * @throws IllegalArgumentException     when nothing can be bound to the host
     * @throws DamagedJournalException      when the journal is not as it was written
     * @throws LogDirectoryOfflineException when the journal's disk cannot be read or written
     * @throws RegisterUnavailableException when Hazelcast does not start, its port being taken for example
     */
    public static ClusterNode start(Options options, Executor executor) {
        HazelcastVersion.check();
        Journal journal = Journal.open(options.journalRoot(), Journal.Options.DEFAULT, Clock.systemUTC(), executor);
        HazelcastInstance hazelcast = null;
        try {
            hazelcast = startHazelcast(options);
            HazelcastRegisterStore registers =
                new HazelcastRegisterStore(new HazelcastCpOperations(hazelcast), journal, changeIds());
            registers.restore();
            LOGGER.log(System.Logger.Level.INFO, "{0} registers restored from the journal in {1}",
                journal.states().size(), options.journalRoot());
            return new ClusterNode(journal, hazelcast, registers);
        } catch (RuntimeException e) {
            stop(hazelcast, journal);
            throw e;
        }
    }

    public RegisterStore registers() {
        return registers;
    }

    /** Why registers cannot be changed any more, until the disk is repaired and the server restarted; or null. */
    public LogDirectoryOfflineException failure() {
        return journal.failure();
    }

    /** Returns when Hazelcast has stopped and everything is in the journal. May be called again. */
    @Override
    public void close() {
        stop(hazelcast, journal);
    }

    private static void stop(HazelcastInstance hazelcast, Journal journal) {
        try {
            if (hazelcast != null) {
                hazelcast.shutdown();
            }
        } finally {
            journal.close();
        }
    }

    private static HazelcastInstance startHazelcast(Options options) {
        LOGGER.log(System.Logger.Level.INFO, "starting Hazelcast with one member; that it warns of an unsafe mode and"
            + " of a missing join method is as it should be, because the journal holds what it agrees on");
        try {
            return Hazelcast.newHazelcastInstance(
                MemberConfig.singleMember(options, UUID.randomUUID().toString()));
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new RegisterUnavailableException("Hazelcast does not start on " + options.host() + " port "
                + options.port() + ": " + e.getMessage(), e);
        }
    }

    /** Unique among all members and restarts: a random part for this node, then a number. */
    private static Supplier<String> changeIds() {
        String node = Long.toString(UUID.randomUUID().getMostSignificantBits() >>> 1, Character.MAX_RADIX);
        AtomicLong count = new AtomicLong();
        return () -> node + "-" + count.incrementAndGet();
    }
}
