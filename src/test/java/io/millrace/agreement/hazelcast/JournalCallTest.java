package io.millrace.agreement.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.hazelcast.core.HazelcastInstance;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.FakeJournal;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import java.lang.reflect.Proxy;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.junit.jupiter.api.Test;

class JournalCallTest {
    private final FakeJournal journal = new FakeJournal();

    private final JournalSeal seal = new JournalSeal("the secret");
    private final UUID self = UUID.randomUUID();

    private JournalCall call() {
        return call(seal, self);
    }

    private JournalCall call(JournalSeal sender, UUID receiver) {
        ConcurrentMap<String, Object> context = new ConcurrentHashMap<>();
        context.put(JournalCall.ENTRANCE, new JournalEntrance(new JournalGuard(journal), seal, () -> self));
        JournalCall call = new JournalCall(JournalRequest.of(JournalRequest.Kind.PREPARE, 1, "session"), sender, receiver);
        call.setHazelcastInstance((HazelcastInstance) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[] {HazelcastInstance.class}, (proxy, method, arguments) -> context));
        return call;
    }

    /** Hazelcast's filter lets members read nothing else of what is serialised by Java. */
    @Test
    void aJournalThatCannotBeWrittenSaysSoByAnExceptionThatOtherMembersCanRead() {
        journal.offline(true);
        journal.failing(() -> true);

        Throwable refused = catchThrowable(call()::call);

        assertThat(refused).hasMessageContaining("disk failed");
        for (Throwable each = refused; each != null; each = each.getCause()) {
            assertThat(each.getClass().getName()).startsWith("java.");
        }
    }

    @Test
    void whoDoesNotKnowTheSecretOrMeansAnotherMemberIsRefusedAndWritesNothing() {
        JournalRequest written = JournalRequest.of(JournalRequest.Kind.PREPARE, 1, "session");

        assertThatThrownBy(() -> call(new JournalSeal("another"), self).call()).isInstanceOf(SecurityException.class);
        assertThatThrownBy(() -> call(seal, UUID.randomUUID()).call()).isInstanceOf(SecurityException.class);
        assertThat(new JournalSeal("").holds(seal.of(self, written.encode()), self, written.encode())).isFalse();
        assertThat(seal.holds(null, self, written.encode())).isFalse();
        assertThat(seal.holds(seal.of(self, written.encode()), self,
            JournalRequest.of(JournalRequest.Kind.PREPARE, 2, "session").encode())).isFalse();
        assertThat(new JournalGuard(journal).standing().promise()).as("what it promised").isZero();
        assertThat(call().call()).isNotEmpty();
        assertThat(new JournalGuard(journal).standing().promise()).isEqualTo(1);
    }

    @Test
    void anAnswerThatCannotBeReadIsNotWaitedFor() {
        CompletableFuture<JournalReply> answer = new CompletableFuture<>();

        HazelcastJournalPeers.completing(answer).onResponse(new String[] {"true"});

        assertThat(answer).isCompletedExceptionally();
        assertThat(catchThrowable(answer::join)).hasCauseInstanceOf(RegisterUnavailableException.class);
    }
}
