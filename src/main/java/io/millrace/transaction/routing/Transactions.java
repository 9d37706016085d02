package io.millrace.transaction.routing;

import io.millrace.agreement.Member;
import io.millrace.broker.Broker;
import io.millrace.broker.produce.TransactionVerifier;
import io.millrace.coordinator.BrokerLog;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.record.EndTransactionMarker;
import io.millrace.transaction.coordinator.Owners;
import io.millrace.transaction.coordinator.TransactionCoordinator;
import io.millrace.transaction.coordinator.TransactionFigures;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionList;
import io.millrace.transaction.coordinator.TransactionOptions;
import io.millrace.transaction.coordinator.TransactionParts;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Transactions as the other rooms of a broker see them: the coordinator of those that it coordinates, and the way to the others.
 * Thread-safe. Futures fail with a {@link BrokerException}.
 */
public final class Transactions implements AutoCloseable {
    private static final long PRODUCERS_KEPT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Parts parts;
    private final TransactionCoordinator coordinator;
    private final ReceivedMarkers received;
    private final CoordinatorCalls calls;
    private final KnownProducers producers;
    private final HangingTransactions hanging;

    /**
     * What they are made of.
     *
     * @param topic       in which transactional ids are kept
     * @param runtime     options of its coordinators
     * @param offsets     writes markers into the partitions of {@code __consumer_offsets} that this broker leads
     * @param producerIds gives ids, each once ever; may block
     * @param workers     decide, write and answer; nothing there waits
     * @param blocking    reads logs, takes producer ids, and finds leaders
     * @param patienceMs  how long other brokers are asked, in ms
     */
    public record Parts(Broker broker, InternalTopic topic, CoordinatorOptions runtime, TransactionOptions options,
                        MarkerTarget offsets, TransactionTransport transport, LongSupplier producerIds, Executor workers,
                        Executor blocking, ScheduledExecutorService timers, Clock clock, long patienceMs) {
    }

    private Transactions(Parts parts) {
        this.parts = parts;
        TransactionMarkers markers = new TransactionMarkers(
                partition -> parts.broker().remoteLeader(partition.topic(), partition.partition()), this::writeMarker,
                parts.transport(), parts.blocking());
        this.coordinator = new TransactionCoordinator(new TransactionParts(new BrokerLog(parts.topic(), parts.broker().leaderships()),
                parts.runtime(), parts.options(), markers, parts.producerIds(), parts.workers(), parts.blocking(), parts.timers(),
                parts.clock(), System::nanoTime));
        this.received = new ReceivedMarkers(this::writeMarker, parts.workers(), parts.timers());
        this.calls = new CoordinatorCalls(coordinator::remote, parts.blocking(), parts.timers(), System::nanoTime, parts.patienceMs());
        this.producers = new KnownProducers(PRODUCERS_KEPT_NANOS, System::nanoTime);
        this.hanging = new HangingTransactions(parts.broker().transactions(),
                () -> parts.broker().leaderships().certainPartitionCount(parts.topic().name()), this::owners, this::writeMarker, parts.clock(),
                parts.options().maxTimeoutMs());
    }

    /** Coordinates what this broker leads, and verifies what is appended to it, from now on. */
    public static Transactions open(Parts parts) {
        Transactions opened = new Transactions(parts);
        opened.coordinator.start();
        parts.broker().transactions().verifyWith(opened::verify, opened::awaitEarlier);
        return opened;
    }

    /** Of the transactional ids that this broker coordinates; the others it refuses with NOT_COORDINATOR. */
    public TransactionCoordinator coordinator() {
        return coordinator;
    }

    /** For what is written into internal topics. Asks whichever broker coordinates. */
    public TransactionVerifier verifier() {
        return parts.broker().transactions().whereOneMayBegin(this::verify, this::awaitEarlier);
    }

    private CompletableFuture<?> verify(String transactionalId, long producerId, short epoch, TopicPartition partition) {
        ProducerIdAndEpoch named = new ProducerIdAndEpoch(producerId, epoch);
        return calls.call(transactionalId, () -> addPartition(transactionalId, named, partition),
                to -> parts.transport().addPartition(to, transactionalId, named, partition).thenApply(done -> null));
    }

    private CompletableFuture<?> awaitEarlier(String transactionalId, long producerId, short epoch) {
        ProducerIdAndEpoch named = new ProducerIdAndEpoch(producerId, epoch);
        return calls.call(transactionalId, () -> awaitEarlier(transactionalId, named),
                to -> parts.transport().awaitEarlier(to, transactionalId, named).thenApply(done -> null));
    }

    /** Has this broker, as the coordinator, note that a partition is about to get records of a transaction. */
    public <T> CompletableFuture<T> addPartition(String transactionalId, ProducerIdAndEpoch named, TopicPartition partition) {
        return coordinator.addPartitions(transactionalId, named, List.of(partition), deadline()).thenApply(done -> null);
    }

    /** Waits until this broker, as the coordinator, has nothing of a producer's earlier transactions to end any more. */
    public <T> CompletableFuture<T> awaitEarlier(String transactionalId, ProducerIdAndEpoch named) {
        return coordinator.awaitEarlier(transactionalId, named, deadline()).thenApply(done -> null);
    }

    /** Until when a request that comes now is tried, in ns. */
    public long deadline() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(parts.patienceMs());
    }

    /** The producer whose transaction an epoch names, whichever broker coordinates it. */
    public CompletableFuture<ProducerIdAndEpoch> producer(String transactionalId, short epoch) {
        Optional<ProducerIdAndEpoch> known = producers.find(transactionalId, epoch);
        if (known.isPresent()) {
            return CompletableFuture.completedFuture(known.get());
        }
        ProducerIdAndEpoch named = ProducerIdAndEpoch.ofEpoch(epoch);
        return calls.call(transactionalId, () -> coordinator.producer(transactionalId, named),
                to -> parts.transport().producer(to, transactionalId, named)).thenApply(found -> {
                    producers.add(transactionalId, found);
                    return found;
                });
    }

    /** Writes what another broker's coordinator sends; see {@link ReceivedMarkers#write}. */
    public CompletableFuture<List<BrokerException>> writeMarkers(List<TransactionMarker> markers) {
        return received.write(markers);
    }

    private CompletableFuture<?> writeMarker(TransactionMarker marker) {
        if (marker.partition().topic().equals(InternalTopic.OFFSETS)) {
            return parts.offsets().write(marker);
        }
        return parts.broker().transactions().end(marker.partition(), marker.producer().producerId(), marker.producer().epoch(),
                control(marker));
    }

    /** What the log is to hold of a marker. */
    public static EndTransactionMarker control(TransactionMarker marker) {
        return new EndTransactionMarker(marker.result() == TransactionResult.COMMIT ? EndTransactionMarker.Type.COMMIT
                : EndTransactionMarker.Type.ABORT, marker.coordinatorEpoch());
    }

    /** Those that this broker coordinates. @param limit how many at most, from 1 */
    public CompletableFuture<TransactionList> listHere(TransactionFilter filter, int limit) {
        return coordinator.list(filter, limit);
    }

    /**
     * Those of all brokers. May block for a moment.
     *
     * @param limit how many at most, from 1
     * @return fails while it is not known which these are: when a broker that coordinates some does not answer
     */
    public CompletableFuture<TransactionList> list(TransactionFilter filter, int limit) {
        List<CompletableFuture<TransactionList>> all = new ArrayList<>();
        all.add(listHere(filter, limit));
        for (Member each : coordinator.remotes()) {
            all.add(parts.transport().transactions(each, filter, limit));
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApply(done ->
                TransactionList.merged(all.stream().map(CompletableFuture::join).toList(), limit));
    }

    // ---- what holds readers back

    /**
     * Of all brokers that are up, what holds readers back longer than it should: prepared transactions, decided ones with partitions
     * that have no marker yet, such as go on although their time is up, and those that no coordinator knows. May block for a moment.
     *
     * @param filter such as {@link TransactionFilter#hanging}; those that no coordinator knows are not told before they have been
     *               open for a minute longer than a transaction may take, nor where it asks for certain ids, as they have none
     * @param limit  how many of either kind at most, from 1
     * @return never fails: it says who did not answer
     */
    public CompletableFuture<Hanging> hanging(TransactionFilter filter, int limit) {
        HangingCollection collected = new HangingCollection(filter, limit, parts.workers(), parts.timers());
        collected.add(parts.broker().brokers().membership().self().brokerId(), () -> listHere(filter, limit),
                () -> hangingHere(filter.hangsMs()));
        for (Member each : parts.broker().brokers().others()) {
            collected.add(each.brokerId(), () -> parts.transport().transactions(each, filter, limit),
                    () -> parts.transport().hanging(each, filter.hangsMs()));
        }
        return collected.all();
    }

    /** Those that are open in partitions that this broker leads, and that no coordinator knows; see {@link HangingTransactions#here}. */
    public CompletableFuture<HangingHere> hangingHere(long hangsMs) {
        return hanging.here(hangsMs);
    }

    /** Which of the open transactions are under way at coordinators here. */
    public CompletableFuture<Owners> ownersHere(List<OpenTransaction> open) {
        return coordinator.owners(open);
    }

    private List<CompletableFuture<Owners>> owners(List<OpenTransaction> open) {
        List<CompletableFuture<Owners>> all = new ArrayList<>();
        all.add(ownersHere(open));
        parts.broker().brokers().others().forEach(each -> all.add(parts.transport().owners(each, open)));
        return all;
    }

    /** Of a partition that this broker leads; see {@link HangingTransactions#abort}. May block for a moment. */
    public CompletableFuture<Void> abortHanging(TopicPartition partition, long producerId, short producerEpoch, OptionalLong firstOffset) {
        return hanging.abort(partition, producerId, producerEpoch, firstOffset);
    }

    /** Those that this broker coordinates, in figures, and those in its partitions that no coordinator knows. */
    public CompletableFuture<TransactionFigures> figures() {
        return coordinator.figures().thenCombine(hanging.seen(), TransactionFigures::with);
    }

    /** How the partitions stand that this broker coordinates. */
    public List<CoordinatorStatus> status() {
        return coordinator.status();
    }

    /** Refuses everything from now on; what is decided others carry out. */
    @Override
    public void close() {
        coordinator.close();
    }
}
