package io.millrace.transaction.coordinator;

import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionState;
import java.util.Set;

/**
 * Which transactional ids are listed, as Kafka's tools ask for them (KIP-664, KIP-994).
 *
 * @param states      in any of these; empty: in any
 * @param producerIds of any of these; empty: of any
 * @param xid         with a transaction, present or last, that was prepared under that name; null: with any
 * @param underWayMs  with a transaction that has been under way for so long, in ms; negative: also without one
 */
public record TransactionFilter(Set<TransactionState> states, Set<Long> producerIds, String xid, long underWayMs) {
    public static final TransactionFilter ALL = new TransactionFilter(Set.of(), Set.of(), -1);

    /** Whatever they were prepared as. */
    public TransactionFilter(Set<TransactionState> states, Set<Long> producerIds, long underWayMs) {
        this(states, producerIds, null, underWayMs);
    }

    public TransactionFilter {
        states = Set.copyOf(states);
        producerIds = Set.copyOf(producerIds);
    }

    boolean matches(Transaction transaction, long nowMs) {
        return (states.isEmpty() || states.contains(transaction.state()))
                && (producerIds.isEmpty() || producerIds.contains(transaction.producer().producerId()))
                && (xid == null || xid.equals(transaction.xid()))
                && (underWayMs < 0 || !transaction.state().isResting() && nowMs - transaction.startedAtMs() >= underWayMs);
    }
}
