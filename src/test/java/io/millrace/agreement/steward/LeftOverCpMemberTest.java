package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.cluster.Address;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.cp.CPMember;
import com.hazelcast.cp.internal.CPMemberInfo;
import com.hazelcast.cp.internal.RaftService;
import com.hazelcast.cp.internal.raftop.metadata.AddCPMemberOp;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.FreePorts;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A promotion that takes effect when the member that asked for it is replaced already: it makes a CP member of nobody, at
 * the address of the new member. Hazelcast removes a CP member by itself only when its address has left the cluster.
 */
class LeftOverCpMemberTest {
    private static final String HOST = "127.0.0.1";
    private static final int BROKERS = 3;
    private static final int LAST = BROKERS - 1;
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    private Path temp;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final List<Integer> ports = FreePorts.choose(BROKERS);
    private final Map<Integer, ClusterNode> nodes = new TreeMap<>();

    @AfterEach
    void stop() {
        nodes.values().forEach(ClusterNode::close);
        executor.shutdownNow();
    }

    private CompletableFuture<ClusterNode> start(int index, Executor tasks) {
        List<String> members = ports.stream().map(port -> HOST + ":" + port).toList();
        ClusterOptions options = new ClusterOptions("left-over", index, HOST, ports.get(index),
            temp.resolve("journal-" + index), members, BROKERS, null, "secret", "http://broker-" + index, null);
        return CompletableFuture.supplyAsync(() -> ClusterNode.start(options, tasks), executor);
    }

    private HazelcastInstance instance(int index) {
        return Hazelcast.getAllHazelcastInstances().stream().filter(one ->
            one.getCluster().getLocalMember().getAddress().getPort() == ports.get(index)).findFirst().orElseThrow();
    }

    private Collection<CPMember> listed() {
        return instance(0).getCPSubsystem().getCPSubsystemManagementService().getCPMembers().toCompletableFuture().join();
    }

    private static void await(String what, BooleanSupplier holds) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    private void awaitCpMembers(int count) {
        await(count + " brokers take part", () -> nodes.values().stream()
            .allMatch(node -> node.status().available() && node.status().cpMembers().size() == count));
    }

    @Test
    void theServerAtWhoseAddressItIsTakesItsPlace() throws Exception {
        List<CompletableFuture<ClusterNode>> starting = IntStream.range(0, BROKERS).mapToObj(i -> start(i, executor)).toList();
        for (int i = 0; i < BROKERS; i++) {
            nodes.put(i, starting.get(i).join());
        }
        awaitCpMembers(BROKERS);
        nodes.remove(LAST).close();
        awaitCpMembers(LAST);

        CompletableFuture<Void> promoted = new CompletableFuture<>();
        nodes.put(LAST, start(LAST, task -> {
            if (task instanceof Steward) {
                promoted.thenRunAsync(task, executor);
            } else {
                executor.execute(task);
            }
        }).join());
        UUID ghost = UUID.randomUUID();
        promote(new CPMemberInfo(ghost, new Address(HOST, ports.get(LAST))));
        promoted.complete(null);

        await("the last server is a CP member", () -> instance(LAST).getCPSubsystem().getLocalCPMember() != null);
        assertThat(listed()).hasSize(BROKERS).extracting(CPMember::getUuid).doesNotContain(ghost)
            .contains(instance(LAST).getCPSubsystem().getLocalCPMember().getUuid());
        awaitCpMembers(BROKERS);
    }

    /** What {@code promoteToCPMember} asks for, in the name of a member that is gone. */
    private void promote(CPMemberInfo member) {
        RaftService raft = ((HazelcastInstanceProxy) instance(0)).getOriginal().node.getNodeEngine()
            .getService(RaftService.SERVICE_NAME);
        raft.getInvocationManager().invoke(raft.getMetadataGroupId(), new AddCPMemberOp(member)).join();
    }
}
