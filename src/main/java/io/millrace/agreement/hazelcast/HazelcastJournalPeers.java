package io.millrace.agreement.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.ExecutionCallback;
import com.hazelcast.core.HazelcastInstance;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.JournalPeers;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The other brokers' journals, asked through Hazelcast's executor service. */
public final class HazelcastJournalPeers implements JournalPeers {
    private static final long ANSWER_SECONDS = 5;

    private final Supplier<HazelcastInstance> hazelcast;
    private final int self;
    private final JournalSeal seal;

    public HazelcastJournalPeers(Supplier<HazelcastInstance> hazelcast, int self, JournalSeal seal) {
        this.hazelcast = hazelcast;
        this.self = self;
        this.seal = seal;
    }

    @Override
    public Set<Integer> reachable() {
        try {
            Set<Integer> ids = new TreeSet<>();
            hazelcast.get().getCluster().getMembers().stream().filter(MemberAttributes::isBroker)
                .map(MemberAttributes::brokerId).filter(id -> id != self).forEach(ids::add);
            return ids;
        } catch (RuntimeException e) {
            return Set.of();
        }
    }

    @Override
    public CompletableFuture<JournalReply> ask(int brokerId, JournalRequest request) {
        CompletableFuture<JournalReply> answer = new CompletableFuture<>();
        try {
            Visit.to(() -> {
                submit(brokerId, request, answer);
                return null;
            });
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
        return answer.orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS);
    }

    private void submit(int brokerId, JournalRequest request, CompletableFuture<JournalReply> answer) {
        HazelcastInstance instance = hazelcast.get();
        Member receiver = youngest(instance, brokerId);
        instance.getExecutorService(JournalCall.EXECUTOR).submitToMember(new JournalCall(request, seal, receiver.getUuid()),
            receiver, completing(answer));
    }

    /** What cannot be read, of a broker of another version for example, is no answer, and nobody waits for a better one. */
    static ExecutionCallback<String[]> completing(CompletableFuture<JournalReply> answer) {
        return new ExecutionCallback<>() {
            @Override
            public void onResponse(String[] response) {
                try {
                    answer.complete(JournalReply.decode(response));
                } catch (RuntimeException unreadable) {
                    answer.completeExceptionally(new RegisterUnavailableException("another broker's journal gave an answer"
                        + " that this version of Millrace cannot read", unreadable));
                }
            }

            @Override
            public void onFailure(Throwable failure) {
                answer.completeExceptionally(failure);
            }
        };
    }

    /** Where there are two, the older one is the broker's last run, about to be missed. */
    private static Member youngest(HazelcastInstance instance, int brokerId) {
        return instance.getCluster().getMembers().stream().filter(MemberAttributes::isBroker)
            .filter(member -> MemberAttributes.brokerId(member) == brokerId).reduce((older, younger) -> younger)
            .orElseThrow(() -> new RegisterUnavailableException("broker " + brokerId + " is not in touch", null));
    }
}
