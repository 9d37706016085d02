package io.millrace.transaction.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What each request comes to in each state, where the epoch is 7: the state and epoch after it, or that it stays, or is to be
 * repeated, or the error.
 */
class TransitionTableTest {
    private static final long NOW = 100_000;
    private static final ProducerIdAndEpoch PRESENT = new ProducerIdAndEpoch(42, (short) 7);
    private static final ProducerIdAndEpoch BEFORE = new ProducerIdAndEpoch(42, (short) 6);
    private static final ProducerIdAndEpoch OTHER = new ProducerIdAndEpoch(43, (short) 7);
    private static final List<TopicPartition> ADDED = List.of(new TopicPartition("orders", 1));

    private static final String TABLE = """
        request        | none      | EMPTY             | ONGOING                | PREPARED         | PREPARE_COMMIT    | PREPARE_ABORT    | COMPLETE_COMMIT   | COMPLETE_ABORT
        init           | needs id  | EMPTY 8           | PREPARE_ABORT 9, again | INVALID_TXN_STATE | again            | again             | EMPTY 8           | EMPTY 8
        add            | UNMAPPED  | ONGOING 7         | ONGOING 7              | INVALID_TXN_STATE | again            | again             | ONGOING 7         | ONGOING 7
        add before     | UNMAPPED  | FENCED            | FENCED                 | FENCED            | FENCED           | FENCED            | FENCED            | FENCED
        add other      | UNMAPPED  | UNMAPPED          | UNMAPPED               | UNMAPPED          | UNMAPPED         | UNMAPPED          | UNMAPPED          | UNMAPPED
        prepare        | UNMAPPED  | COMPLETE_COMMIT 8 | PREPARED 7             | stays             | again            | again             | COMPLETE_COMMIT 8 | COMPLETE_COMMIT 8
        prepare before | UNMAPPED  | FENCED            | FENCED                 | FENCED            | stays            | INVALID_TXN_STATE | stays             | INVALID_TXN_STATE
        commit         | UNMAPPED  | COMPLETE_COMMIT 8 | PREPARE_COMMIT 8       | PREPARE_COMMIT 8  | again            | again             | COMPLETE_COMMIT 8 | COMPLETE_COMMIT 8
        commit before  | UNMAPPED  | FENCED            | FENCED                 | FENCED            | stays            | INVALID_TXN_STATE | stays             | INVALID_TXN_STATE
        abort          | UNMAPPED  | COMPLETE_ABORT 8  | PREPARE_ABORT 8        | PREPARE_ABORT 8   | again            | again             | COMPLETE_ABORT 8  | COMPLETE_ABORT 8
        abort before   | UNMAPPED  | FENCED            | FENCED                 | FENCED            | INVALID_TXN_STATE | stays            | INVALID_TXN_STATE | stays
        abort other    | UNMAPPED  | UNMAPPED          | UNMAPPED               | UNMAPPED          | UNMAPPED         | UNMAPPED          | UNMAPPED          | UNMAPPED
        time-out       | stays     | stays             | PREPARE_ABORT 8        | stays             | stays            | stays             | stays             | stays
        marked         | stays     | stays             | stays                  | stays             | COMPLETE_COMMIT 7 | COMPLETE_ABORT 7 | stays             | stays
        marked before  | stays     | stays             | stays                  | stays             | stays            | stays             | stays             | stays
        operator abort | NOT_FOUND | INVALID_TXN_STATE | PREPARE_ABORT 8        | PREPARE_ABORT 8   | INVALID_TXN_STATE | stays            | INVALID_TXN_STATE | stays
        operator commit | NOT_FOUND | INVALID_TXN_STATE | INVALID_TXN_STATE     | PREPARE_COMMIT 8  | stays            | INVALID_TXN_STATE | stays             | INVALID_TXN_STATE
        """;

    private static final Map<String, Function<Transaction, Step>> REQUESTS = new LinkedHashMap<>();

    static {
        OptionalLong none = OptionalLong.empty();
        REQUESTS.put("init", now -> Transitions.init(now, 1_000, none, NOW));
        REQUESTS.put("add", now -> Transitions.addPartitions(now, PRESENT, ADDED, 10, NOW));
        REQUESTS.put("add before", now -> Transitions.addPartitions(now, BEFORE, ADDED, 10, NOW));
        REQUESTS.put("add other", now -> Transitions.addPartitions(now, OTHER, ADDED, 10, NOW));
        REQUESTS.put("prepare", now -> Transitions.prepare(now, PRESENT, null, none, NOW));
        REQUESTS.put("prepare before", now -> Transitions.prepare(now, BEFORE, null, none, NOW));
        REQUESTS.put("commit", now -> Transitions.end(now, PRESENT, TransactionResult.COMMIT, none, NOW));
        REQUESTS.put("commit before", now -> Transitions.end(now, BEFORE, TransactionResult.COMMIT, none, NOW));
        REQUESTS.put("abort", now -> Transitions.end(now, PRESENT, TransactionResult.ABORT, none, NOW));
        REQUESTS.put("abort before", now -> Transitions.end(now, BEFORE, TransactionResult.ABORT, none, NOW));
        REQUESTS.put("abort other", now -> Transitions.end(now, OTHER, TransactionResult.ABORT, none, NOW));
        REQUESTS.put("time-out", now -> Transitions.timeOut(now, none, NOW));
        REQUESTS.put("marked", now -> Transitions.complete(now, PRESENT, NOW));
        REQUESTS.put("marked before", now -> Transitions.complete(now, BEFORE, NOW));
        REQUESTS.put("operator abort", now -> Transitions.decideByOperator(now, Optional.empty(), TransactionResult.ABORT, none, NOW));
        REQUESTS.put("operator commit", now -> Transitions.decideByOperator(now, Optional.empty(), TransactionResult.COMMIT, none, NOW));
    }

    /** Overdue, where it has a time limit. */
    private static Transaction in(TransactionState state) {
        return new Transaction(PRESENT, Transaction.NONE, Transaction.NONE, 1_000, state, new TreeSet<>(
            state.isResting() ? List.of() : List.of(new TopicPartition("orders", 0))), 50_000, 40_000);
    }

    private static String outcome(Function<Transaction, Step> request, Transaction now) {
        Step step;
        try {
            step = request.apply(now);
        } catch (BrokerException refused) {
            assertThat(refused).hasMessageMatching(".{20,}");
            return refused.kind().name().replace("INVALID_PRODUCER_ID_MAPPING", "UNMAPPED").replace("PRODUCER_FENCED", "FENCED")
                .replace("TRANSACTIONAL_ID_", "");
        }
        String next = step.next() == null ? "stays" : step.next().state() + " " + step.next().producer().epoch();
        return switch (step.progress()) {
            case DONE -> next;
            case NEEDS_PRODUCER_ID -> "needs id";
            case CONCURRENT -> step.next() == null ? "again" : next + ", again";
        };
    }

    @Test
    void eachRequestComesInEachStateToWhatTheTableSays() {
        List<List<String>> rows = TABLE.lines().map(line -> Arrays.stream(line.split("\\|")).map(String::strip).toList()).toList();
        List<Transaction> states = rows.get(0).stream().skip(1)
            .map(name -> name.equals("none") ? null : in(TransactionState.valueOf(name))).toList();
        assertThat(states).as("all states are there").hasSize(TransactionState.values().length + 1);
        assertThat(rows.stream().skip(1).map(row -> row.get(0))).containsExactlyElementsOf(REQUESTS.keySet());
        for (List<String> row : rows.subList(1, rows.size())) {
            List<String> found = states.stream().map(state -> outcome(REQUESTS.get(row.get(0)), state)).toList();
            assertThat(found.stream().collect(Collectors.joining(" | "))).as(row.get(0))
                .isEqualTo(String.join(" | ", row.subList(1, row.size())));
        }
    }
}
