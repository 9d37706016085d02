package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.process.RehearsedLogs.Bug;
import io.millrace.process.TransactionalProducer.FencedException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The transfer of {@code TransferIT} against a server in memory, with applications that are threads: it finds nothing where all
 * is right, although requests are refused, answers lost and applications killed and supplanted; and it finds each bug.
 */
@Timeout(120)
class TransferRehearsalTest {
    private static final int PARTITIONS = 3;
    private static final int TRANSACTION_MS = 1_500;
    private static final int SESSION_MS = 1_000;
    private static final int PATIENCE_SECONDS = 20;
    /** Where a bug is looked for that lets what is waited for never come. */
    private static final int LITTLE_PATIENCE_SECONDS = 6;
    private static final int KILLS = 4;

    private final long seed = System.nanoTime();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Future<?>> running = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private void start(List<URI> urls, String transactionalId) {
        TransferApplication application = new TransferApplication(urls, "transfer", transactionalId, PARTITIONS, TRANSACTION_MS,
                SESSION_MS, line -> { });
        running.put(transactionalId, threads.submit(() -> {
            application.run(() -> stopped);
            return null;
        }));
    }

    /** Those that took too long begin anew. */
    private void supervise(List<URI> urls) {
        for (String each : running.keySet()) {
            if (running.get(each).isDone() && !stopped) {
                assertThatThrownBy(running.get(each)::get).as("an application ends; seed " + seed).hasCauseInstanceOf(FencedException.class);
                start(urls, each);
            }
        }
    }

    private void awaitFenced(Future<?> supplanted, List<URI> urls, int patienceSeconds) {
        ClusterClient.await("who was supplanted finds out; seed " + seed, patienceSeconds, () -> {
            supervise(urls);
            return supplanted.isDone();
        });
        assertThatThrownBy(supplanted::get).as("who was supplanted ends; seed " + seed).hasCauseInstanceOf(FencedException.class);
    }

    private void transfer(Bug bug) throws Exception {
        int patienceSeconds = bug == Bug.NONE ? PATIENCE_SECONDS : LITTLE_PATIENCE_SECONDS;
        try (RehearsedServer server = new RehearsedServer(bug, PARTITIONS, seed)) {
            List<URI> urls = List.of(server.url());
            Random random = new Random(seed);
            try (TransferFeed feed = new TransferFeed(urls, PARTITIONS, seed)) {
                start(urls, "transfer-1");
                start(urls, "transfer-2");
                for (int kill = 0; kill < KILLS; kill++) {
                    feed.awaitMore(4 + random.nextInt(4));
                    supervise(urls);
                    String victim = "transfer-" + (1 + random.nextInt(2));
                    Future<?> before = running.get(victim);
                    if (kill % 2 == 0) {
                        before.cancel(true);
                        start(urls, victim);
                    } else {
                        start(urls, victim);
                        awaitFenced(before, urls, patienceSeconds);
                    }
                }
                feed.awaitMore(10);
                running.values().forEach(each -> each.cancel(true));
                running.clear();
                feed.awaitMore(2);
                feed.close();
                TransferVerdict verdict = new TransferVerdict(new ClusterClient(urls), 1, "transfer", PARTITIONS, patienceSeconds,
                        "seed " + seed);
                verdict.awaitAllEnded();
                verdict.requireAgreement(feed.committed(), false);

                start(urls, "transfer-1");
                start(urls, "transfer-2");
                verdict.awaitAllTransferred(() -> supervise(urls));
                stopped = true;
                for (Future<?> each : running.values()) {
                    each.get(patienceSeconds, TimeUnit.SECONDS);
                }
                verdict.awaitAllEnded();
                verdict.requireAgreement(feed.committed(), true);
            }
        }
    }

    private void find(Bug bug, String... expected) {
        assertThatThrownBy(() -> transfer(bug)).isInstanceOf(AssertionError.class).hasMessageContaining("seed " + seed)
                .satisfies(found -> assertThat(expected).as(found.getMessage()).anyMatch(found.getMessage()::contains));
    }

    @Test
    void aTransferThatGoesRightAgrees() throws Exception {
        transfer(Bug.NONE);
    }

    @Test
    void aRecordThatIsLostIsFound() {
        find(Bug.A_RECORD_IS_LOST_WITH_A_COMMIT, "lost: ");
    }

    @Test
    void aRecordThatIsWrittenAgainIsFound() {
        find(Bug.A_RETRY_IS_WRITTEN_AGAIN, "doubled: ", "the input is what was committed");
    }

    @Test
    void recordsThatChangedPlacesAreFound() {
        find(Bug.RECORDS_CHANGE_PLACES, "out of order: ");
    }

    @Test
    void recordsOfAbortedTransactionsAreFound() {
        find(Bug.ABORTED_RECORDS_ARE_SHOWN, "doubled: ", "made of nothing: ", "the input is what was committed");
    }

    @Test
    void offsetsThatAreCommittedWithoutTheirTransactionAreFound() {
        find(Bug.OFFSETS_ARE_COMMITTED_WITHOUT_RECORDS, "lost: ");
    }

    @Test
    void offsetsThatAreLostWithTheirTransactionAreFound() {
        find(Bug.OFFSETS_OF_COMMITS_ARE_LOST, "without its offset: ", "doubled: ", "all is transferred");
    }

    /** Who was supplanted goes on, or both end each other's transactions. */
    @Test
    void anEpochThatIsNotCheckedIsFound() {
        find(Bug.EPOCHS_ARE_NOT_CHECKED, "who was supplanted", "INVALID_TXN_STATE");
    }
}
