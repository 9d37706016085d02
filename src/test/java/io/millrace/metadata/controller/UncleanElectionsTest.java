package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.brokers.BrokerRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Brokers 1 to 3, whose answers the test gives. */
class UncleanElectionsTest {
    private static final UUID ID = new UUID(1, 2);

    private final Map<Integer, Member> members = new HashMap<>();
    private final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    private final BrokerRegistry brokers = new BrokerRegistry(registers, view(1));
    /** The last question to each broker. */
    private final Map<Integer, CompletableFuture<List<ReplicaEnd>>> asked = new HashMap<>();
    private int questions;
    private long now = 1_000;
    private final UncleanElections elections = new UncleanElections((broker, topic, id, partitions) -> {
        questions++;
        CompletableFuture<List<ReplicaEnd>> answer = new CompletableFuture<>();
        asked.put(broker.brokerId(), answer);
        return answer;
    }, brokers, () -> now);

    UncleanElectionsTest() {
        for (int id = 1; id <= 3; id++) {
            enters(id, "first");
        }
    }

    private Membership view(int self) {
        return new Membership() {
            @Override
            public Member self() {
                return members.get(self);
            }

            @Override
            public List<Member> live() {
                return List.copyOf(members.values());
            }

            @Override
            public AutoCloseable listen(Runnable changed) {
                return () -> { };
            }
        };
    }

    private void enters(int id, String session) {
        members.put(id, new Member(id, session + "-" + id, "http://" + id, null));
        new BrokerRegistry(registers, view(id)).enter();
        brokers.refresh();
    }

    private Map<Integer, UncleanElections.Choice> advance(Integer... candidates) {
        return elections.advance("orders", ID, Map.of(0, List.of(candidates)));
    }

    private void answer(int broker, int lastEpoch, long end, long highWatermark) {
        asked.get(broker).complete(List.of(new ReplicaEnd(0, lastEpoch, end, highWatermark)));
    }

    private void passes(long ms) {
        now += TimeUnit.MILLISECONDS.toNanos(ms);
    }

    @Test
    void theHighestEpochComesBeforeTheHighestEnd() {
        assertThat(advance(1, 2, 3)).isEmpty();
        answer(1, 4, 900, 0);
        answer(2, 5, 700, 710);
        assertThat(advance(1, 2, 3)).as("one has not answered yet").isEmpty();
        answer(3, 5, 690, 650);

        UncleanElections.Choice choice = advance(1, 2, 3).get(0);
        assertThat(choice.leader()).isEqualTo(2);
        assertThat(choice.lost()).as("what it knows to be committed, and lacks").isEqualTo(10);
        assertThat(choice.told()).contains("broker 1 ends at offset 900 in epoch 4", "broker 3 ends at offset 690 in epoch 5");
    }

    @Test
    void ofEqualLogsThePreferredReplicaLeads() {
        advance(3, 1, 2);
        for (int id = 1; id <= 3; id++) {
            answer(id, 5, 100, 0);
        }
        assertThat(advance(3, 1, 2).get(0).leader()).isEqualTo(3);
    }

    @Test
    void whoDoesNotAnswerIsAskedAgainAndLeftOutAfterAWhile() {
        advance(1, 2);
        answer(1, 5, 100, 0);
        passes(1_500);
        assertThat(advance(1, 2)).isEmpty();
        assertThat(questions).isEqualTo(3);
        passes(1_500);
        asked.get(2).completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "cannot be reached"));
        assertThat(advance(1, 2)).isEmpty();
        assertThat(questions).isEqualTo(4);
        passes(2_000);

        UncleanElections.Choice choice = advance(1, 2).get(0);
        assertThat(choice.leader()).isEqualTo(1);
        assertThat(choice.mute()).containsExactly(2);
    }

    @Test
    void whileNobodyAnswersNobodyIsElected() {
        advance(1, 2);
        passes(60_000);
        assertThat(advance(1, 2)).isEmpty();
        answer(2, 0, 1, 0);
        assertThat(advance(1, 2).get(0).leader()).isEqualTo(2);
    }

    @Test
    void aReplicaThatCannotBeUsedIsNotWaitedForAndDoesNotLead() {
        advance(1, 2);
        asked.get(1).complete(List.of());
        answer(2, -1, 0, 0);
        assertThat(advance(1, 2).get(0).leader()).isEqualTo(2);
    }

    @Test
    void whatABrokerSaidBeforeItWasStartedAgainDoesNotCount() {
        advance(1, 2);
        answer(1, 5, 100, 0);
        enters(1, "second");
        answer(2, 5, 60, 0);
        assertThat(advance(1, 2)).as("it is asked again").isEmpty();
        passes(1_000);
        advance(1, 2);
        answer(1, 5, 50, 0);
        assertThat(advance(1, 2).get(0).leader()).isEqualTo(2);
    }

    @Test
    void questionsAreOfBoundedSize() {
        elections.advance("orders", ID, IntStream.range(0, 2_500).boxed()
                .collect(Collectors.toMap(partition -> partition, partition -> List.of(1, 2))));
        assertThat(questions).isEqualTo(6);
    }
}
