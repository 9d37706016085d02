package io.millrace.agreement.steward;

import static io.millrace.agreement.registers.RegisterStore.ABSENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.FreePorts;
import io.millrace.agreement.Member;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.log.LogObserver;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers in one process, which leave and come back in turn. */
class ClusterNodesTest {
    private static final String HOST = "127.0.0.1";
    private static final int BROKERS = 3;
    private static final long AVAILABLE_MILLIS = 60_000;
    /** Whoever waits leaves the processors to those who are waited for. */
    private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    @TempDir
    private Path temp;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final List<Integer> ports = FreePorts.choose(BROKERS);
    private final List<String> members = ports.stream().map(port -> HOST + ":" + port).toList();
    private final Map<Integer, ClusterNode> nodes = new TreeMap<>();
    private final Map<Integer, TestFiles> disks = new ConcurrentHashMap<>();
    /** Values of the registers that were acknowledged. */
    private final Map<String, Register> acknowledged = new TreeMap<>();

    @AfterEach
    void stop() {
        nodes.values().forEach(ClusterNode::close);
        executor.shutdownNow();
    }

    private ClusterOptions options(int index, int brokerId, String secret) {
        return new ClusterOptions("test", brokerId, HOST, ports.get(index), temp.resolve("journal-" + index),
            members, members.size(), null, secret, "http://broker-" + index, "rack-" + index);
    }

    private void start(int... indexes) {
        List<CompletableFuture<Void>> starting = new ArrayList<>();
        for (int index : indexes) {
            starting.add(CompletableFuture.supplyAsync(
                () -> ClusterNode.start(options(index, index + 1, "secret"), UUID.randomUUID().toString(), executor,
                    LogObserver.NONE, new OpenFiles(disks.computeIfAbsent(index, any -> new TestFiles()), 100)), executor)
                .thenAccept(node -> {
                    synchronized (nodes) {
                        nodes.put(index, node);
                    }
                }));
        }
        starting.forEach(CompletableFuture::join);
    }

    private void close(int... indexes) {
        for (int index : indexes) {
            nodes.remove(index).close();
        }
    }

    private void awaitAvailable(String what) {
        long begun = System.nanoTime();
        nodes.forEach((index, node) -> assertThat(node.awaitAvailable(AVAILABLE_MILLIS))
            .as(() -> "after " + what + ": " + node.status()).isTrue());
        System.out.println(what + ": available after " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)
            + " ms");
    }

    /** Tries again while the agreement changes hands. */
    private static <T> T patiently(Supplier<T> call) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AVAILABLE_MILLIS);
        while (true) {
            try {
                return call.get();
            } catch (RegisterUnavailableException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }

    private void write(int index, String key) {
        RegisterStore store = nodes.get(index).registers();
        Optional<Register> written = patiently(() -> {
            Optional<Register> found = store.read(key);
            return store.compareAndSet(key, found.map(Register::version).orElse(ABSENT),
                "\"by " + index + " " + System.nanoTime() + "\"");
        });
        acknowledged.put(key, written.orElseThrow());
    }

    private void checkAcknowledgedEverywhere() {
        nodes.forEach((index, node) -> {
            acknowledged.forEach((key, register) ->
                assertThat(patiently(() -> node.registers().read(key))).as("at " + index).contains(register));
            assertThat(patiently(() -> node.registers().keys(""))).containsAll(acknowledged.keySet());
        });
    }

    private void writeAtEach(String round) {
        nodes.keySet().forEach(index -> {
            write(index, "own/" + index);
            write(index, "shared");
            write(index, round + "/" + index);
        });
        checkAcknowledgedEverywhere();
    }

    @Test
    void registersOutliveServersThatLeaveAndComeBack() {
        long begun = System.nanoTime();
        start(0, 1, 2);
        awaitAvailable("formation");
        System.out.println("formed after " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) + " ms");
        assertThat(nodes.get(0).membership().live()).extracting(Member::brokerId).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(nodes.get(0).membership().live()).contains(nodes.get(1).membership().self());
        writeAtEach("formed");

        for (int round = 0; round < BROKERS; round++) {
            awaitWhole();
            close(round);
            long left = System.nanoTime();
            writeAtEach("without " + round);
            System.out.println("written after a leave in " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - left));
            start(round);
            awaitAvailable("return of one");
            checkAcknowledgedEverywhere();
            writeAtEach("with " + round);
        }

        close(0, 1);
        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> nodes.get(2).registers().compareAndSet("minority", ABSENT, "1"));
        start(0, 1);
        awaitAvailable("return of two");
        checkAcknowledgedEverywhere();
        writeAtEach("after two");

        close(0, 1, 2);
        start(1, 2);
        awaitAvailable("return of two after all were gone");
        checkAcknowledgedEverywhere();
        writeAtEach("two of three");
        start(0);
        awaitAvailable("return of the third");
        checkAcknowledgedEverywhere();
        writeAtEach("all again");
    }

    /** Of the oldest, which acts for all: nobody else does while it takes part. */
    @Test
    void aServerWhoseJournalHasNoSpaceLeavesAndReturnsByItselfWithTheSpace() {
        start(0, 1, 2);
        awaitAvailable("formation");
        awaitWhole();
        writeAtEach("formed");
        int index = oldest();
        TestFiles disk = disks.get(index);
        ClusterNode full = nodes.remove(index);

        disk.room = 0;
        writeAtEach("while one is full");
        awaitProblem(full, "left the agreement", "disk is full");
        assertThat(full.needsRestart()).isFalse();
        awaitAvailable("a full journal");
        writeAtEach("without it");

        disk.room = Long.MAX_VALUE;
        nodes.put(index, full);
        awaitAvailable("space");
        checkAcknowledgedEverywhere();
        awaitWhole();
        writeAtEach("with it");
    }

    @Test
    void aServerWhoseJournalFailedLeavesAndReturnsWithARestart() {
        start(0, 1, 2);
        awaitAvailable("formation");
        awaitWhole();
        writeAtEach("formed");
        int index = oldest();
        ClusterNode failed = nodes.remove(index);

        disks.get(index).forcesFail = true;
        writeAtEach("while one fails");
        awaitProblem(failed, "left the agreement", "restart the server");
        assertThat(failed.needsRestart()).isTrue();
        awaitAvailable("a failed journal");
        writeAtEach("without it");

        failed.close();
        disks.get(index).forcesFail = false;
        start(index);
        awaitAvailable("restart");
        checkAcknowledgedEverywhere();
        writeAtEach("with it");
    }

    @Test
    void aServerWhoseJournalsDiskHangsLeavesAndReturnsByItselfWhenTheDiskGoesOn() {
        start(0, 1, 2);
        awaitAvailable("formation");
        awaitWhole();
        writeAtEach("formed");
        int index = oldest();
        CountDownLatch gate = new CountDownLatch(1);
        ClusterNode hanging = nodes.remove(index);

        disks.get(index).forceGate = gate;
        try {
            writeAtEach("while one hangs");
            awaitProblem(hanging, "left the agreement", "neither writes nor fails");
            assertThat(hanging.needsRestart()).isFalse();
            awaitAvailable("a hanging journal");
            writeAtEach("without it");
        } finally {
            gate.countDown();
            nodes.put(index, hanging);
        }
        awaitAvailable("a disk that goes on");
        checkAcknowledgedEverywhere();
        awaitWhole();
        writeAtEach("with it");
    }

    private int oldest() {
        return nodes.get(0).membership().live().get(0).brokerId() - 1;
    }

    private static void awaitProblem(ClusterNode node, String... words) {
        await(() -> "its problem: " + node.status().problem(),
            () -> Stream.of(words).allMatch(String.valueOf(node.status().problem())::contains));
    }

    private static void await(Supplier<String> otherwise, BooleanSupplier holds) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AVAILABLE_MILLIS);
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as(otherwise).isLessThan(deadline);
            LockSupport.parkNanos(BETWEEN_NANOS);
        }
    }

    @Test
    void whenTwoOfThreeLostTheirDisksAllWaitForTheOperator() throws IOException {
        start(0, 1, 2);
        awaitAvailable("formation");
        write(0, "kept");
        awaitWhole();
        close(0, 1, 2);
        for (int lost : List.of(1, 2)) {
            Files.move(temp.resolve("journal-" + lost), temp.resolve("lost-" + lost));
        }

        start(0, 1, 2);
        nodes.values().forEach(node -> awaitProblem(node, "recover", "[1]", "[2, 3]"));
        nodes.get(2).recover(Set.of(1), Set.of(2, 3));
        awaitAvailable("the operator's decision");
        assertThat(patiently(() -> nodes.get(2).registers().read("kept"))).contains(acknowledged.get("kept"));
    }

    @Test
    void aServerWithAnIdThatIsInUseFailsToStart() {
        start(0, 1);
        assertThatExceptionOfType(IllegalStateException.class)
            .isThrownBy(() -> ClusterNode.start(options(2, 1, "secret"), executor))
            .withMessageContaining("broker id 1").withMessageContaining("http://broker-0");
    }

    @Test
    void aServerThatDoesNotKnowTheSecretStaysAlone() {
        start(0, 1);
        nodes.put(2, ClusterNode.start(options(2, 3, "another"), executor));

        awaitLive(0, 2);
        awaitProblem(nodes.get(2), "1 of 3 brokers");
        assertThat(nodes.get(0).membership().live()).extracting(Member::brokerId).containsExactlyInAnyOrder(1, 2);
        assertThat(nodes.get(2).membership().live()).containsExactly(nodes.get(2).membership().self());
        assertThat(nodes.get(2).status().available()).isFalse();
    }

    /** Waits until every broker takes part in the consensus: it can do without any one of them then. */
    private void awaitWhole() {
        await(() -> "not all take part", () -> nodes.values().stream().allMatch(node -> node.status().cpMembers().size() >= BROKERS));
    }

    private void awaitLive(int index, int brokers) {
        await(() -> "live: " + nodes.get(index).membership().live(), () -> nodes.get(index).membership().live().size() >= brokers);
    }

    @Test
    void optionsThatCannotMakeAClusterAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ClusterOptions("test", 1, HOST, 5701, temp,
            List.of(HOST + ":5701", HOST + ":5702"), 2, null, "secret", "", null)).withMessageContaining("majority");
        assertThatIllegalArgumentException().isThrownBy(() -> new ClusterOptions("test", 1, HOST, 5700, temp,
            members, BROKERS, null, "secret", "", null)).withMessageContaining(HOST + ":5700");
        assertThatIllegalArgumentException().isThrownBy(() -> options(0, 1, " ")).withMessageContaining("secret");
        assertThat(options(0, 1, "hidden-word").toString()).doesNotContain("hidden-word");
    }
}
