package io.millrace.agreement.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.cp.CPMember;
import com.hazelcast.cp.CPSubsystemManagementService;
import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Who is a member of the CP subsystem, as a steward sees and changes it. Blocks for a few seconds at most. */
public final class CpControl {
    private static final long ANSWER_SECONDS = 5;

    private final Supplier<HazelcastInstance> hazelcast;

    public CpControl(Supplier<HazelcastInstance> hazelcast) {
        this.hazelcast = hazelcast;
    }

    public boolean isDiscovered() {
        return Visit.to(() -> management(hazelcast.get()).isDiscoveryCompleted());
    }

    public Collection<CPMember> members() {
        return await(() -> management(hazelcast.get()).getCPMembers());
    }

    /** Those that take part in the consensus of a group, or were just told to. */
    public Collection<CPMember> members(String group) {
        return await(() -> management(hazelcast.get()).getCPGroup(group)).members();
    }

    /** This server's own CP member; null while it is none. */
    public CPMember local() {
        return Visit.to(() -> hazelcast.get().getCPSubsystem().getLocalCPMember());
    }

    public void remove(UUID cpMember) {
        await(() -> management(hazelcast.get()).removeCPMember(cpMember));
    }

    public void promoteSelf() {
        await(() -> management(hazelcast.get()).promoteToCPMember());
    }

    public void reset() {
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
