package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.Decision;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.TransactionMachine.DecidedStep;
import io.millrace.transaction.records.TransactionKey;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.RandomTransactions;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionState;
import io.millrace.transaction.state.Transitions;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TransactionMachineTest {
    private final TransactionMachine machine = new TransactionMachine(3, 2);

    private static TransactionKey key(String id) {
        return new TransactionKey.Id(id);
    }

    private Decision<TransactionKey, Transaction, DecidedStep> init(String id) {
        Decision<TransactionKey, Transaction, DecidedStep> decision = machine.decide(id,
            now -> Transitions.init(now, 1_000, OptionalLong.of(42), 10));
        decision.changes().forEach(change -> machine.replay(change.key(), change.value()));
        return decision;
    }

    @Test
    void whatIsUndoneLeavesTheStateAsItWas() {
        RandomTransactions transactions = new RandomTransactions(1);
        Random random = new Random(1);
        TransactionMachine before = new TransactionMachine(3, 2);
        Deque<Change<TransactionKey, Transaction>> undo = new ArrayDeque<>();
        for (int i = 0; i < 500; i++) {
            TransactionKey key = key("id-" + random.nextInt(5));
            Transaction value = random.nextInt(4) == 0 ? null
                : transactions.next(TransactionState.values()[random.nextInt(TransactionState.values().length)]);
            Transaction replaced = machine.replay(key, value);
            if (i < 250) {
                before.replay(key, value);
            } else {
                undo.push(new Change<>(key, replaced));
            }
        }
        assertThat(machine.matching((id, any) -> true, 9)).isNotEqualTo(before.matching((id, any) -> true, 9));
        undo.forEach(change -> machine.replay(change.key(), change.value()));
        assertThat(machine.matching((id, any) -> true, 9)).isEqualTo(before.matching((id, any) -> true, 9));
        assertThat(machine.unfinished(Long.MAX_VALUE / 2).decided()).extracting(Decided::transactionalId)
            .containsExactlyInAnyOrderElementsOf(before.unfinished(0).decided().stream().map(Decided::transactionalId).toList());
    }

    @Test
    void ofThoseThatMatchTheFirstAreFoundAndOneThatSaysThereAreMore() {
        TransactionMachine many = new TransactionMachine(3, 100);
        for (int i = 99; i >= 0; i--) {
            many.replay(key("id-%02d".formatted(i * 7 % 100)), new Transaction(ProducerIdAndEpoch.first(i), -1, -1, 1_000,
                TransactionState.EMPTY, new TreeSet<>(), 0, -1));
        }
        assertThat(many.matching((id, any) -> !id.endsWith("1"), 2)).containsOnlyKeys("id-00", "id-02", "id-03");
        assertThat(many.matching((id, any) -> id.startsWith("id-5"), 10)).hasSize(10);
        assertThat(many.matching((id, any) -> true, Integer.MAX_VALUE)).hasSize(100);
    }

    @Test
    void whatOfALaterVersionIsDoesNotMatter() {
        assertThat(machine.replay(new TransactionKey.Unknown(ByteBuffer.allocate(2)), null)).isNull();
        assertThat(machine.matching((id, any) -> true, 9)).isEmpty();
    }

    @Test
    void newTransactionalIdsAreRefusedBeyondTheLimitAndKnownOnesAreNot() {
        init("one");
        init("two");
        assertThat(init("one").changes()).hasSize(1);
        BrokerException refused = catchThrowableOfType(BrokerException.class, () -> init("three"));
        assertThat(refused.kind()).isEqualTo(ErrorKind.OVERLOADED);
        machine.replay(key("two"), null);
        assertThat(init("three").changes()).hasSize(1);
    }

    @Test
    void whatIsToBeCarriedOutNamesTheLeadership() {
        machine.lead(17);
        Transaction decided = new RandomTransactions(2).next(TransactionState.PREPARE_COMMIT);
        machine.replay(key("one"), decided);
        Decided found = new Decided(3, 17, "one", decided);
        assertThat(machine.unfinished(0).decided()).containsExactly(found);
        assertThat(machine.decide("one", now -> Transitions.complete(null, decided.producer(), 1)).answer().decided()).isEqualTo(found);
    }

    @Test
    void whatIsOpenIsNotThatOfALaterTransactionOfItsProducer() {
        init("one");
        TopicPartition orders = new TopicPartition("orders", 0);
        machine.decide("one", now -> Transitions.addPartitions(now, now.producer(), List.of(orders), 9, 20)).changes()
            .forEach(change -> machine.replay(change.key(), change.value()));
        Transaction under = machine.get("one");
        assertThat(machine.owners(List.of(new OpenTransaction(orders, 42, under.producer().epoch(), 0, 0),
            new OpenTransaction(orders, 42, (short) (under.producer().epoch() - 1), 0, 0),
            new OpenTransaction(new TopicPartition("orders", 1), 42, under.producer().epoch(), 0, 0),
            new OpenTransaction(orders, 43, under.producer().epoch(), 0, 0)))).containsExactly("one", "", "", "");
    }

    @Test
    void onlySoManyExpireAtATime() {
        init("one");
        init("two");
        assertThat(machine.expire(109, 100, 1).changes()).isEmpty();
        Decision<TransactionKey, Transaction, Integer> decision = machine.expire(110, 100, 1);
        assertThat(decision.changes()).hasSize(1).allMatch(change -> change.value() == null);
        assertThat(decision.answer()).isEqualTo(1);
        assertThat(machine.expire(110, 100, 5).changes()).extracting(Change::key).containsExactlyInAnyOrderElementsOf(
            List.of(key("one"), key("two")));
    }
}
