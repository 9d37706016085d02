package io.millrace.transaction.coordinator;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.Decision;
import io.millrace.coordinator.StateMachine;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.records.TransactionKey;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.Step;
import io.millrace.transaction.state.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * The transactional ids of one partition of the topic, as its records say. Producers make it grow by new ids, up to a limit;
 * those that nobody uses expire. Touched by the partition's task only.
 */
final class TransactionMachine implements StateMachine<TransactionKey, Transaction> {
    private final int partition;
    private final int most;
    private final Map<String, Transaction> all = new HashMap<>();
    /** Those of them that do not rest, so that looking after them costs nothing for the others. */
    private final Map<String, Transaction> underWay = new HashMap<>();
    /** Of the leadership, once it has begun. */
    private int coordinatorEpoch = -1;

    /** A step, and what is to be carried out when everything is committed that it saw; null: nothing. */
    record DecidedStep(Step step, Decided decided) {
    }

    /** @param most how many transactional ids there may be, from 1 */
    TransactionMachine(int partition, int most) {
        this.partition = partition;
        this.most = most;
    }

    /** Its decisions are made in this leadership from now on. */
    void lead(int epoch) {
        coordinatorEpoch = epoch;
    }

    @Override
    public Transaction replay(TransactionKey key, Transaction value) {
        if (!(key instanceof TransactionKey.Id id)) {
            return null; // of a later version, which knows what to do about it
        }
        if (value == null || value.state().isResting()) {
            underWay.remove(id.transactionalId());
        } else {
            underWay.put(id.transactionalId(), value);
        }
        return value == null ? all.remove(id.transactionalId()) : all.put(id.transactionalId(), value);
    }

    /** @return null: there is none */
    Transaction get(String transactionalId) {
        return all.get(transactionalId);
    }

    /** @throws BrokerException what the transition throws; OVERLOADED when it is a new transactional id, and one too many */
    Decision<TransactionKey, Transaction, DecidedStep> decide(String transactionalId, Function<Transaction, Step> transition) {
        Transaction now = get(transactionalId);
        Step step = transition.apply(now);
        Transaction next = step.next();
        if (now == null && next != null && all.size() >= most) {
            throw new BrokerException(ErrorKind.OVERLOADED, ("partition %d of the transactions has %d transactional ids, which is"
                    + " the limit: use one again, or wait until those expire that nobody uses").formatted(partition, all.size()));
        }
        Transaction after = next == null ? now : next;
        Decided decided = after == null || after.state().decided().isEmpty() ? null : decided(transactionalId, after);
        List<Change<TransactionKey, Transaction>> changes = next == null ? List.of()
                : List.of(new Change<>(new TransactionKey.Id(transactionalId), next));
        return new Decision<>(changes, new DecidedStep(step, decided));
    }

    private Decided decided(String transactionalId, Transaction transaction) {
        return new Decided(partition, coordinatorEpoch, transactionalId, transaction);
    }

    /** What must go on without anybody asking for it. @param overdue transactional ids */
    record Unfinished(List<Decided> decided, List<String> overdue) {
    }

    Unfinished unfinished(long nowMs) {
        List<Decided> decided = new ArrayList<>();
        List<String> overdue = new ArrayList<>();
        underWay.forEach((id, transaction) -> {
            if (transaction.state().decided().isPresent()) {
                decided.add(decided(id, transaction));
            } else if (transaction.isOverdue(nowMs)) {
                overdue.add(id);
            }
        });
        return new Unfinished(decided, overdue);
    }

    /** Forgets those that nobody uses. @param most how many at a time @return how many these are */
    Decision<TransactionKey, Transaction, Integer> expire(long nowMs, long expirationMs, int most) {
        List<Change<TransactionKey, Transaction>> gone = all.entrySet().stream()
                .filter(each -> each.getValue().isExpired(nowMs, expirationMs)).limit(most)
                .map(each -> new Change<TransactionKey, Transaction>(new TransactionKey.Id(each.getKey()), null)).toList();
        return new Decision<>(gone, gone.size());
    }

    /** What there is, in figures. @param describe with what else is known of a transaction that is under way */
    TransactionFigures figures(long nowMs, BiFunction<String, Transaction, TransactionDescription> describe) {
        return TransactionFigures.of(nowMs, all.values().stream(), underWay.entrySet().stream()
                .map(each -> describe.apply(each.getKey(), each.getValue())));
    }

    /** Of each open transaction: the transactional id that has it under way; empty: none here. */
    List<String> owners(List<OpenTransaction> open) {
        Map<Long, String> ids = new HashMap<>();
        underWay.forEach((id, transaction) -> ids.put(transaction.producer().producerId(), id));
        return open.stream().map(each -> {
            String id = ids.get(each.producerId());
            return id != null && isOf(underWay.get(id), each) ? id : "";
        }).toList();
    }

    /** A producer whose earlier transaction is open may be in a later one. */
    private static boolean isOf(Transaction transaction, OpenTransaction open) {
        return transaction.isOfEpoch(open.producerEpoch()) && transaction.partitions().contains(open.partition());
    }

    /** The first of them by id: so many, and one more where there are more. @param most from 1 */
    SortedMap<String, Transaction> matching(BiPredicate<String, Transaction> wanted, int most) {
        TreeMap<String, Transaction> found = new TreeMap<>();
        all.forEach((id, transaction) -> {
            if (wanted.test(id, transaction)) {
                found.put(id, transaction);
                if (found.size() - 1 > most) {
                    found.pollLastEntry();
                }
            }
        });
        return found;
    }
}
