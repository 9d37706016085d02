package io.millrace.ops;

import io.millrace.agreement.AgreementStatus;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.write.CleanerProgress;
import io.millrace.metadata.topics.InternalTopic;
import java.nio.file.Files;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Judges a server.
 * <ul>
 * <li>Started: the configuration is valid and the cluster's member runs, if only to wait for a majority of the others.
 * <li>Ready: the cluster agrees, the logs are recovered, every log directory and the journal can be written, the broker serves and is not
 * about to stop. A
 * damaged batch or file, a partition that does not work, a log that was set aside, groups that are not coordinated yet or
 * cannot be, and transactions that hold readers back are named, but the server stays ready: the others do not suffer. Not so where a partition's only log is gone.
 * <li>Live: neither a writer nor the cleaner has ended unasked, no threads are deadlocked, and the journal of a server among others has not
 * failed: that server has left the agreement, serves nothing, and is back only after a restart. A disk that is full, a log
 * directory that failed, a port in use or a start that failed does not make the server dead, since a restart mends none of
 * them; so one whose journal's disk is still broken is restarted once, and not again and again.
 * </ul>
 */
final class Health {
    private static final int MAX_NOTES = 20;

    private Health() {
    }

    /** @param server null until the application starts */
    static HealthCheckResponse started(Server server) {
        Server.State state = state(server);
        boolean up = state == Server.State.AWAITING_MAJORITY || state == Server.State.REGISTERS_RESTORED
                || state == Server.State.SERVING;
        return named("millrace-started", server).status(up).build();
    }

    /** @param server null until the application starts */
    static HealthCheckResponse ready(Server server) {
        HealthCheckResponseBuilder response = named("millrace-ready", server);
        boolean up = state(server) == Server.State.SERVING && !server.isStopping();
        if (server != null) {
            for (DirectoryWriter writer : server.writers()) {
                String problem = problem(writer);
                up &= problem == null;
                response.withData(writer.directory().root().toString(), problem == null ? "online" : problem);
            }
            AgreementStatus agreement = server.agreement();
            if (agreement != null && !agreement.available()) {
                up = false;
                response.withData("cluster", agreement.problem());
            }
            if (server.journalFailure() != null) {
                up = false;
                response.withData("journal", server.journalFailure().getMessage());
            }
            up &= server.lost().isEmpty();
            list(response, "lost", server.lost());
            list(response, "damage", server.damage(MAX_NOTES));
            list(response, "stray", server.strays());
            tell(response, server.cleaning());
            tellCoordinators(response, "", InternalTopic.OFFSETS, server);
            tellCoordinators(response, "transaction-", InternalTopic.TRANSACTIONS, server);
            tellCoordinators(response, "key-", InternalTopic.IDEMPOTENCY_KEYS, server);
            list(response, "hanging-transaction", server.hangingTransactions());
        }
        return response.status(up).build();
    }

    private static void tell(HealthCheckResponseBuilder response, CleanerProgress cleaning) {
        if (cleaning != null) {
            response.withData("compaction", cleaning.current().isEmpty() ? "idle" : cleaning.current());
            list(response, "dirty", cleaning.dirtiest());
            list(response, "uncompacted", cleaning.failures());
        }
    }

    /** A server that leads none says nothing of them. */
    private static void tellCoordinators(HealthCheckResponseBuilder response, String prefix, String topic, Server server) {
        CoordinatorNotes coordinators = new CoordinatorNotes(topic, server.coordinators(topic));
        if (!coordinators.led().isEmpty()) {
            response.withData(prefix + "coordinator", coordinators.summary());
            list(response, prefix + "loading", coordinators.loading());
            list(response, prefix + "uncoordinated", coordinators.failures());
        }
    }

    private static void list(HealthCheckResponseBuilder response, String name, List<String> notes) {
        for (int i = 0; i < Math.min(MAX_NOTES, notes.size()); i++) {
            response.withData(name + "-" + (i + 1), notes.get(i));
        }
    }

    private static String problem(DirectoryWriter writer) {
        if (writer.directory().failure() != null) {
            return writer.directory().failure().getMessage();
        }
        if (writer.isDead()) {
            return "its writer has ended: restart the server";
        }
        return Files.isWritable(writer.directory().root()) ? null : "the folder cannot be written";
    }

    /** @param server null until the application starts */
    static HealthCheckResponse live(Server server) {
        HealthCheckResponseBuilder response = named("millrace-live", server);
        boolean up = true;
        if (server != null) {
            for (DirectoryWriter writer : server.writers()) {
                if (writer.isDead()) {
                    up = false;
                    response.withData(writer.directory().root().toString(), "its writer has ended");
                }
            }
        }
        if (server != null && server.cleaning() != null && server.cleaning().hasEnded()) {
            up = false;
            response.withData("compaction", "the cleaner has ended");
        }
        LogDirectoryOfflineException journal = server != null && server.needsRestart() ? server.journalFailure() : null;
        if (journal != null) {
            up = false;
            response.withData("journal", journal.getMessage());
        }
        List<String> deadlocked = DeadlockedThreads.names();
        if (!deadlocked.isEmpty()) {
            up = false;
            response.withData("deadlocked-threads", String.join(", ", deadlocked));
        }
        return response.status(up).build();
    }

    private static Server.State state(Server server) {
        return server == null ? Server.State.STARTING : server.state();
    }

    private static HealthCheckResponseBuilder named(String name, Server server) {
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named(name).withData("state", state(server).toString());
        return server == null || server.startFailure() == null ? response
                : response.withData("reason", server.startFailure());
    }
}
