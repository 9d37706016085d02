package io.millrace.agreement.steward;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three brokers' processes change registers all the time while they are killed, paused and restarted. In the long profile
 * only: on a machine with much else to do a return can take longer than the minute that is given here. Every build does
 * the same with whole servers, and more patience, in {@code ClusterIT}.
 */
@EnabledIfSystemProperty(named = "millrace.long", matches = "true")
class ClusterKillTest {
    private static final int ROUNDS = Integer.getInteger("millrace.test.rounds", 10);
    private static final long PAUSE_SECONDS = 12;

    @TempDir
    private Path temp;

    @Test
    void whatWasAcknowledgedIsAtEveryBrokerWhateverHappensToTheProcesses() throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(temp)) {
            long begun = System.nanoTime();
            cluster.start(0, 1, 2);
            say("formation", cluster.awaitService(begun, 0, 1, 2));
            for (int round = 0; round < ROUNDS; round++) {
                killOne(cluster, round % 3);
            }
            killTwo(cluster);
            killAll(cluster);
            pauseOne(cluster);
            restartOneByOne(cluster);
            cluster.checkAcknowledgedEverywhere();
            System.out.println(cluster.changes() + " changes acknowledged, the whole took "
                + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun) + " s");
        }
    }

    private static void killOne(ClusterProcesses cluster, int id) throws Exception {
        int other = (id + 1) % 3;
        int third = (id + 2) % 3;
        cluster.awaitWhole();
        cluster.kill(id);
        say("failover after broker " + id + " was killed", cluster.awaitService(System.nanoTime(), other, third));
        cluster.checkAcknowledgedEverywhere();
        long restarted = System.nanoTime();
        cluster.start(id);
        say("return of broker " + id, cluster.awaitService(restarted, id));
        cluster.checkAcknowledgedEverywhere();
    }

    private static void killTwo(ClusterProcesses cluster) throws Exception {
        cluster.kill(0, 1);
        long restarted = System.nanoTime();
        cluster.start(0, 1);
        say("return of two that were killed", cluster.awaitService(restarted, 0, 1, 2));
        cluster.checkAcknowledgedEverywhere();
    }

    private static void killAll(ClusterProcesses cluster) throws Exception {
        cluster.kill(0, 1, 2);
        long restarted = System.nanoTime();
        cluster.start(0, 1, 2);
        say("return after all were killed", cluster.awaitService(restarted, 0, 1, 2));
        cluster.checkAcknowledgedEverywhere();
    }

    private static void pauseOne(ClusterProcesses cluster) throws Exception {
        cluster.awaitWhole();
        long paused = System.nanoTime();
        cluster.signal(1, "STOP");
        say("failover after broker 1 was paused", cluster.awaitService(paused + TimeUnit.SECONDS.toNanos(1), 0, 2));
        TimeUnit.NANOSECONDS.sleep(paused + TimeUnit.SECONDS.toNanos(PAUSE_SECONDS) - System.nanoTime());
        long resumed = System.nanoTime();
        cluster.signal(1, "CONT");
        say("return of the paused one", cluster.awaitService(resumed + TimeUnit.SECONDS.toNanos(1), 0, 1, 2));
        cluster.checkAcknowledgedEverywhere();
    }

    private static void restartOneByOne(ClusterProcesses cluster) throws Exception {
        long begun = System.nanoTime();
        for (int id = 0; id < 3; id++) {
            cluster.awaitWhole();
            cluster.closeInOrder(id);
            long restarted = System.nanoTime();
            cluster.start(id);
            say("rolling restart of broker " + id, cluster.awaitService(restarted, id));
            cluster.awaitService(System.nanoTime(), 0, 1, 2);
        }
        say("rolling restart", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        cluster.checkAcknowledgedEverywhere();
    }

    private static void say(String what, long millis) {
        System.out.println(what + ": " + millis + " ms");
    }
}
