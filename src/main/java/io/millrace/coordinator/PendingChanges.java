package io.millrace.coordinator;

import io.millrace.log.InvalidTxnStateException;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A state's changes in the order of its log, of which those of transactions wait until their transaction is ended: then they
 * count as if nothing had waited, so that one that stands before another one of the same key in the log does not come after it.
 * A change that is not part of a transaction, or of one that is committed, settles what stands before it, whatever becomes of
 * those transactions. Touched by its partition's tasks only.
 *
 * <p>Each step can be undone as long as those after it are. Bounded by {@link #MOST_WAITING}, which who decides holds to;
 * what is in the log already is taken as it is.
 */
final class PendingChanges<K, V> {
    /** Of all transactions of a partition: enough for those of many groups that read everything there is. */
    static final int MOST_WAITING = 100_000;

    private final StateMachine<K, V> machine;
    /** By producer id. */
    private final Map<Long, Open<K>> open = new HashMap<>();
    /** What may yet become the value of a key, in the order of the log; one for each transaction. */
    private final Map<K, List<Waiting<V>>> waiting = new HashMap<>();
    private int count;

    /** @param keys that it changes, also such as were settled since */
    private record Open<K>(short producerEpoch, Set<K> keys) {
    }

    private record Waiting<V>(long producerId, V value) {
    }

    PendingChanges(StateMachine<K, V> machine) {
        this.machine = machine;
    }

    int size() {
        return count;
    }

    /** @return undoes it */
    Runnable replay(K key, V value) {
        List<Waiting<V>> before = waiting(key);
        V replaced = machine.replay(key, value);
        waits(key, before, List.of());
        return () -> {
            machine.replay(key, replaced);
            waits(key, List.of(), before);
        };
    }

    /** As above, in a producer's transaction, which begins with it if need be. */
    Runnable replay(long producerId, short producerEpoch, K key, V value) {
        boolean begins = !open.containsKey(producerId);
        Open<K> transaction = open.computeIfAbsent(producerId, added -> new Open<>(producerEpoch, new LinkedHashSet<>()));
        boolean added = transaction.keys().add(key);
        List<Waiting<V>> before = waiting(key);
        List<Waiting<V>> next = new ArrayList<>(before);
        next.removeIf(each -> each.producerId() == producerId); // both come, or none does
        next.add(new Waiting<>(producerId, value));
        waits(key, before, List.copyOf(next));
        return () -> {
            waits(key, next, before);
            if (added) {
                transaction.keys().remove(key);
            }
            if (begins) {
                open.remove(producerId);
            }
        };
    }

    /** Ends the transaction of a producer, if it has one here. @return undoes it */
    Runnable end(long producerId, boolean committed) {
        Open<K> transaction = open.remove(producerId);
        if (transaction == null) {
            return () -> { };
        }
        List<Runnable> ended = new ArrayList<>();
        for (K key : transaction.keys()) {
            List<Waiting<V>> before = waiting(key);
            for (int i = 0; i < before.size(); i++) {
                if (before.get(i).producerId() == producerId) {
                    ended.add(end(key, before, i, committed));
                }
            }
        }
        return () -> {
            for (int i = ended.size() - 1; i >= 0; i--) {
                ended.get(i).run();
            }
            open.put(producerId, transaction);
        };
    }

    private Runnable end(K key, List<Waiting<V>> before, int at, boolean committed) {
        List<Waiting<V>> left = new ArrayList<>(before);
        if (!committed) {
            left.remove(at);
            waits(key, before, List.copyOf(left));
            return () -> waits(key, left, before);
        }
        left.subList(0, at + 1).clear();
        V replaced = machine.replay(key, before.get(at).value());
        waits(key, before, List.copyOf(left));
        return () -> {
            machine.replay(key, replaced);
            waits(key, left, before);
        };
    }

    /** Whether a marker of this epoch ends a transaction that is open here, and not one that came before or after it. */
    boolean isEndedBy(long producerId, short producerEpoch) {
        Open<K> transaction = open.get(producerId);
        return transaction != null && transaction.producerEpoch() + 1 == producerEpoch;
    }

    /**
     * Before a change in a transaction is decided.
     *
     * @throws BrokerException PRODUCER_FENCED, INVALID_TXN_STATE, OVERLOADED
     */
    void requireMay(long producerId, short producerEpoch, int changes) {
        Open<K> transaction = open.get(producerId);
        if (transaction != null && producerEpoch < transaction.producerEpoch()) {
            throw new BrokerException(ErrorKind.PRODUCER_FENCED, "producer " + producerId + " goes on with epoch "
                + transaction.producerEpoch() + ", and this is of epoch " + producerEpoch + ": nothing was written");
        } else if (transaction != null && producerEpoch > transaction.producerEpoch()) {
            throw BrokerErrors.translate(InvalidTxnStateException.ofEarlier("this partition of offsets", producerId,
                transaction.producerEpoch(), producerEpoch));
        } else if (count + changes > MOST_WAITING) {
            throw new BrokerException(ErrorKind.OVERLOADED, "changes of open transactions, " + count + ", wait here for their"
                + " end, and no more than " + MOST_WAITING + " may: nothing was written; try again when some have ended");
        }
    }

    private List<Waiting<V>> waiting(K key) {
        return waiting.getOrDefault(key, List.of());
    }

    private void waits(K key, List<Waiting<V>> before, List<Waiting<V>> now) {
        if (before.isEmpty() && now.isEmpty()) {
            return;
        }
        count += now.size() - before.size();
        if (now.isEmpty()) {
            waiting.remove(key);
        } else {
            waiting.put(key, now);
        }
        machine.pending(key, now.stream().map(Waiting::value).toList());
    }
}
