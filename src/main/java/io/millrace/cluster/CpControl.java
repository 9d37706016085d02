package io.millrace.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.cp.CPMember;
import com.hazelcast.cp.CPSubsystemManagementService;
import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Who is a member of the CP subsystem, as a steward sees and changes it. Blocks for a few seconds at most. */
final class CpControl {
    private static final long ANSWER_SECONDS = 5;

    private final Supplier<HazelcastInstance> hazelcast;

    CpControl(Supplier<HazelcastInstance> hazelcast) {
        this.hazelcast = hazelcast;
    }

    boolean isDiscovered() {
        return Visit.to(() -> management(hazelcast.get()).isDiscoveryCompleted());
    }

    Collection<CPMember> members() {
        return await(() -> management(hazelcast.get()).getCPMembers());
    }

    /** Those that take part in the consensus of a group, or were just told to. */
    Collection<CPMember> members(String group) {
        return await(() -> management(hazelcast.get()).getCPGroup(group)).members();
    }

    /** This server's own CP member; null while it is none. */
    CPMember local() {
        return Visit.to(() -> hazelcast.get().getCPSubsystem().getLocalCPMember());
    }

    void remove(UUID cpMember) {
        await(() -> management(hazelcast.get()).removeCPMember(cpMember));
    }

    void promoteSelf() {
        await(() -> management(hazelcast.get()).promoteToCPMember());
    }

    void reset() {
        await(() -> management(hazelcast.get()).reset());
    }

    private static CPSubsystemManagementService management(HazelcastInstance instance) {
        return instance.getCPSubsystem().getCPSubsystemManagementService();
    }

    private static <T> T await(Supplier<CompletionStage<T>> call) {
        try {
            return Visit.to(call).toCompletableFuture().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegisterUnavailableException("the wait for the CP subsystem was interrupted", e);
        } catch (ExecutionException e) {
            throw new RegisterUnavailableException("the CP subsystem refused: " + e.getCause().getMessage(),
                e.getCause());
        } catch (TimeoutException e) {
            throw new RegisterUnavailableException("the CP subsystem gave no answer", e);
        }
    }
}
