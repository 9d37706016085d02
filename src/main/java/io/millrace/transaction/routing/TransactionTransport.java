package io.millrace.transaction.routing;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.Owners;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionList;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionMarker;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * How brokers reach each other about transactions. Futures fail with a {@link BrokerException}: what the other one answered, or
 * UNAVAILABLE when it does not answer in time. They may complete on any thread.
 */
public interface TransactionTransport {
    /** So many markers go at a time, at most. */
    int MOST_MARKERS = 1_000;

    /** See {@link Transactions#addPartition}, of a coordinator that does not pass it on. */
    CompletableFuture<?> addPartition(Member coordinator, String transactionalId, ProducerIdAndEpoch named, TopicPartition partition);

    /** See {@link Transactions#awaitEarlier}, of a coordinator that does not pass it on. */
    CompletableFuture<?> awaitEarlier(Member coordinator, String transactionalId, ProducerIdAndEpoch named);

    /** See {@link Transactions#producer}, of a coordinator that does not pass it on. */
    CompletableFuture<ProducerIdAndEpoch> producer(Member coordinator, String transactionalId, ProducerIdAndEpoch named);

    /**
     * Has a leader write markers; it answers within a second, as {@link Transactions#writeMarkers} does.
     *
     * @return of each, in their order, why it is not committed yet; null: it is
     */
    CompletableFuture<List<BrokerException>> writeMarkers(Member leader, List<TransactionMarker> markers);

    /** The transactional ids that another broker coordinates. @param limit how many at most */
    CompletableFuture<TransactionList> transactions(Member coordinator, TransactionFilter filter, int limit);

    /** See {@link Transactions#ownersHere}. */
    CompletableFuture<Owners> owners(Member coordinator, List<OpenTransaction> open);

    /** See {@link Transactions#hangingHere}. */
    CompletableFuture<HangingHere> hanging(Member leader, long hangsMs);
}
