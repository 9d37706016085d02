package io.millrace.agreement.steward;

import static io.millrace.agreement.registers.RegisterStore.ABSENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterNodeTest {
    @TempDir
    private Path temp;
    private final ExecutorService executor = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        executor.shutdownNow();
    }

    private ClusterNode start() {
        return ClusterNode.start(options("127.0.0.1", 0), executor);
    }

    private ClusterOptions options(String host, int port) {
        return new ClusterOptions("test", 1, host, port, temp);
    }

    @Test
    void aRestartBringsBackRegistersKeysAndTheVersionsOfDeletedOnes() {
        try (ClusterNode node = start()) {
            RegisterStore registers = node.registers();
            assertThat(registers.keys("")).isEmpty();
            registers.compareAndSet("topic/orders", ABSENT, "{\"name\":\"orders\"}");
            registers.compareAndSet("topic/orders", 1, "{\"name\":\"orders\",\"x\":1}");
            registers.compareAndSet("topic/gone", ABSENT, "{}");
            registers.compareAndDelete("topic/gone", 1);
            registers.compareAndSet("group/@ \u00e4", ABSENT, "[]");
            assertThat(node.failure()).isNull();
        }
        try (ClusterNode node = start()) {
            RegisterStore registers = node.registers();
            assertThat(registers.keys("topic/")).containsExactly("topic/orders");
            assertThat(registers.keys("")).containsExactly("group/@ \u00e4", "topic/orders");
            assertThat(registers.read("topic/orders"))
                .contains(new Register("topic/orders", 2, "{\"name\":\"orders\",\"x\":1}"));
            assertThat(registers.read("topic/gone")).isEmpty();
            assertThat(registers.compareAndSet("topic/gone", ABSENT, "{}")).map(Register::version).contains(3L);
        }
        try (ClusterNode node = start()) {
            assertThat(node.registers().keys("topic/")).containsExactly("topic/gone", "topic/orders");
            assertThat(node.registers().read("topic/gone")).map(Register::version).contains(3L);
        }
    }

    @Test
    void closingLeavesNoThreadsAndUnavailableRegisters() throws InterruptedException {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        ClusterNode node = start();
        RegisterStore registers = node.registers();
        node.close();
        node.close();

        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(() -> registers.read("k"));
        executor.shutdown();
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!threadsSince(before).isEmpty()) {
            assertThat(System.nanoTime()).as(() -> "threads left: " + threadsSince(before)).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static List<String> threadsSince(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> !before.contains(thread))
            .filter(thread -> !belongsToTheJvm(thread)).map(Thread::getName).toList();
    }

    private static boolean belongsToTheJvm(Thread thread) {
        ThreadGroup group = thread.getThreadGroup();
        return group == null || group.getName().equals("system") || thread.getName().startsWith("ForkJoinPool.common");
    }

    @Test
    void aTakenPortIsAClearErrorAndLeavesTheJournalFree() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatExceptionOfType(RegisterUnavailableException.class)
                .isThrownBy(() -> ClusterNode.start(options("127.0.0.1", taken.getLocalPort()), executor))
                .withMessageContaining("port " + taken.getLocalPort());
        }
        start().close();
    }

    @Test
    void aHostThatStandsForAllAddressesOrNoneIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> ClusterNode.start(options("0.0.0.0", 0), executor))
            .withMessageContaining("0.0.0.0").withMessageContaining("name one");
        assertThatIllegalArgumentException().isThrownBy(() -> options(" ", 0));
        assertThatIllegalArgumentException().isThrownBy(() -> options("localhost", 65_536))
            .withMessageContaining("65536");
        assertThatIllegalArgumentException()
            .isThrownBy(() -> new ClusterOptions("test", -1, "localhost", 0, temp));
    }
}
