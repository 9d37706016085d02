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
 * @param hangsMs     with a transaction that has held readers back for so long beyond what is usual, in ms, see {@link
 *                    TransactionDescription#hangsMs}; negative: also without one
 * @param prefix      whose id begins with this text
 * @param after       whose id comes behind this one; empty: any
 */
public record TransactionFilter(Set<TransactionState> states, Set<Long> producerIds, String xid, long underWayMs, long hangsMs,
                                String prefix, String after) {
    public static final TransactionFilter ALL = new TransactionFilter(Set.of(), Set.of(), -1);

    /** Whatever they are called. */
    public TransactionFilter(Set<TransactionState> states, Set<Long> producerIds, String xid, long underWayMs) {
        this(states, producerIds, xid, underWayMs, -1, "", "");
    }

    /** Whatever they were prepared as. */
    public TransactionFilter(Set<TransactionState> states, Set<Long> producerIds, long underWayMs) {
        this(states, producerIds, null, underWayMs);
    }

    public TransactionFilter {
        states = Set.copyOf(states);
        producerIds = Set.copyOf(producerIds);
    }

    /** Those that hold readers back. @param ms for how long beyond what is usual, from 0 */
    public static TransactionFilter hanging(long ms) {
        return new TransactionFilter(Set.of(), Set.of(), null, -1, ms, "", "");
    }

    /** Of these the ones with such ids. */
    public TransactionFilter named(String idPrefix, String idAfter) {
        return new TransactionFilter(states, producerIds, xid, underWayMs, hangsMs, idPrefix, idAfter);
    }

    /** Whether it asks for certain ids, and nothing that has none. */
    public boolean isOfIds() {
        return !prefix.isEmpty() || !after.isEmpty();
    }

    boolean matches(String transactionalId, Transaction transaction, long nowMs) {
        return transactionalId.startsWith(prefix) && transactionalId.compareTo(after) > 0
                && (states.isEmpty() || states.contains(transaction.state()))
                && (producerIds.isEmpty() || producerIds.contains(transaction.producer().producerId()))
                && (xid == null || xid.equals(transaction.xid()))
                && (underWayMs < 0 || !transaction.state().isResting() && nowMs - transaction.startedAtMs() >= underWayMs)
                && (hangsMs < 0 || TransactionDescription.hangsMs(transaction, nowMs) >= hangsMs);
    }
}
