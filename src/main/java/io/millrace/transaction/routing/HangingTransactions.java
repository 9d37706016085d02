package io.millrace.transaction.routing;

import io.millrace.broker.TransactionalPartitions;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.transaction.coordinator.Owners;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Transactions that are open in the partitions that this broker leads, and that no coordinator knows: they hold back the last
 * stable offset for ever, and only an operator can end them (KIP-664). They come of losses: of a committed marker by an unclean
 * election, or of what coordinators had noted. Thread-safe.
 *
 * <p>That nobody knows a transaction is certain only where each partition of the coordinators' topic was asked; it fails with
 * UNAVAILABLE while one is not to be reached, as that may have it prepared. A broker that does not answer is in nobody's way where
 * others coordinate all of them.
 */
public final class HangingTransactions {
    private static final System.Logger LOG = System.getLogger(HangingTransactions.class.getName());
    /** Beyond the longest time-out: by then the coordinator has aborted it, also when it got another leader meanwhile. */
    public static final long MARGIN_MS = 60_000;
    /** So many are asked for at a time, those that have been open for longest; and there may be so many for other reasons, prepared ones say. */
    static final int MOST_ASKED = 10_000;
    /** So many are told. */
    static final int MOST_TOLD = 1_000;

    private final TransactionalPartitions leaders;
    private final IntSupplier coordinators;
    private final Function<List<OpenTransaction>, List<CompletableFuture<Owners>>> ask;
    private final MarkerTarget markers;
    private final Clock clock;
    private final long maxTimeoutMs;
    /** Where a transaction begins; there is no other one of its producer there. */
    private record Place(TopicPartition partition, long producerId, long firstOffset) {
    }

    /** Found last. Written by whoever looks. */
    private volatile List<OpenTransaction> found = List.of();

    /**
     * @param coordinators how many partitions their topic has; 0: there is none; throws UNAVAILABLE when that is not certain
     * @param ask          every broker that is up, this one included, which of them it coordinates
     * @param markers      writes into partitions that this broker leads
     * @param maxTimeoutMs that a transaction may take, in ms
     */
    public HangingTransactions(TransactionalPartitions leaders, IntSupplier coordinators,
                        Function<List<OpenTransaction>, List<CompletableFuture<Owners>>> ask, MarkerTarget markers, Clock clock,
                        long maxTimeoutMs) {
        this.leaders = leaders;
        this.coordinators = coordinators;
        this.ask = ask;
        this.markers = markers;
        this.clock = clock;
        this.maxTimeoutMs = maxTimeoutMs;
    }

    /**
     * Those here, longest first. Asks nobody while none is old enough. May block for a moment.
     *
     * @param hangsMs for how long beyond the longest time-out, in ms; {@link #MARGIN_MS} at least
     */
    public CompletableFuture<HangingHere> here(long hangsMs) {
        List<OpenTransaction> old = open(maxTimeoutMs + Math.max(hangsMs, MARGIN_MS));
        if (old.isEmpty()) {
            found = List.of();
            return CompletableFuture.completedFuture(new HangingHere(old, false));
        }
        List<OpenTransaction> asked = old.subList(0, Math.min(MOST_ASKED, old.size()));
        return owners(asked).thenApply(owners -> {
            // Where the marker came between the two questions, nobody knows it any more.
            List<OpenTransaction> hanging = stillOpen(IntStream.range(0, asked.size()).filter(each -> !owners.isOwned(each))
                    .mapToObj(asked::get).toList());
            List<OpenTransaction> told = hanging.subList(0, Math.min(MOST_TOLD, hanging.size()));
            found = told;
            return new HangingHere(told, told.size() < hanging.size() || asked.size() < old.size());
        });
    }

    /** As {@link #here} with the shortest time; of those that were found last what is still open, while coordinators do not answer. Never fails. */
    public CompletableFuture<List<OpenTransaction>> seen() {
        CompletableFuture<HangingHere> now;
        try {
            now = here(0);
        } catch (RuntimeException failure) {
            now = CompletableFuture.failedFuture(failure);
        }
        return now.handle((hanging, failure) -> failure == null ? hanging.transactions() : stillOpen(found));
    }

    private List<OpenTransaction> open(long forMs) {
        long nowMs = clock.millis();
        return leaders.openSince(nowMs - forMs).entrySet().stream().flatMap(each -> each.getValue().stream()
                .map(start -> new OpenTransaction(each.getKey(), start.producerId(), start.epoch(), start.firstOffset(),
                        nowMs - start.sinceMs())))
                .sorted(Comparator.comparingLong(OpenTransaction::openMs).reversed().thenComparing(OpenTransaction::partition))
                .toList();
    }

    private List<OpenTransaction> stillOpen(List<OpenTransaction> some) {
        if (some.isEmpty()) {
            return some;
        }
        Set<Place> now = leaders.openSince(Long.MAX_VALUE).entrySet().stream().flatMap(each -> each.getValue().stream()
                .map(start -> new Place(each.getKey(), start.producerId(), start.firstOffset()))).collect(Collectors.toSet());
        return some.stream().filter(each -> now.contains(new Place(each.partition(), each.producerId(), each.firstOffset()))).toList();
    }

    private CompletableFuture<Owners> owners(List<OpenTransaction> open) {
        List<CompletableFuture<Owners>> answers = ask.apply(open).stream().map(each -> each.exceptionally(failure -> {
            LOG.log(Level.DEBUG, "a broker does not say which transactions it coordinates: only others can", failure);
            return Owners.none(open.size());
        })).toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).thenApply(done -> {
            Owners all = answers.stream().map(CompletableFuture::join).reduce(Owners.none(open.size()), Owners::plus);
            IntStream.range(0, coordinators.getAsInt()).filter(each -> !all.partitions().contains(each)).findFirst()
                    .ifPresent(HangingTransactions::refuse);
            return all;
        });
    }

    private static void refuse(int partition) {
        throw new BrokerException(ErrorKind.UNAVAILABLE, ("no broker coordinates partition %d of %s now, so that it is not known"
                + " whether a transaction is under way there: try again when it has a leader").formatted(partition,
                InternalTopic.TRANSACTIONS));
    }

    /**
     * Aborts a transaction that no coordinator knows, however long it has been open: writes the marker that its coordinator
     * would have written.
     *
     * @param firstOffset of its first record in the partition; empty: of whichever the producer has open
     * @return fails with NOT_LEADER, UNKNOWN_TOPIC, UNKNOWN_PARTITION; TRANSACTIONAL_ID_NOT_FOUND: it is not open here;
     *         INVALID_TXN_STATE: a coordinator knows it; UNAVAILABLE, see above; and as {@link MarkerTarget#write}
     */
    public CompletableFuture<Void> abort(TopicPartition partition, long producerId, short producerEpoch, OptionalLong firstOffset) {
        OpenTransaction meant = leaders.open(partition).stream()
                .filter(start -> start.producerId() == producerId && start.epoch() == producerEpoch
                        && (firstOffset.isEmpty() || firstOffset.getAsLong() == start.firstOffset()))
                .map(start -> new OpenTransaction(partition, producerId, producerEpoch, start.firstOffset(),
                        clock.millis() - start.sinceMs())).findFirst()
                .orElseThrow(() -> new BrokerException(ErrorKind.TRANSACTIONAL_ID_NOT_FOUND, ("producer %d, epoch %d, has no such"
                        + " transaction open in partition %s: it may have ended meanwhile; nothing was done").formatted(producerId,
                        producerEpoch, partition)));
        return owners(List.of(meant)).thenCompose(owners -> {
            if (owners.isOwned(0)) {
                throw new BrokerException(ErrorKind.INVALID_TXN_STATE, ("the transaction is known as that of transactional id '%s',"
                        + " whose coordinator is to end it: nothing was done; abort it by that id, with POST"
                        + " /admin/transactions/{id}/abort").formatted(owners.transactionalIds().get(0)));
            }
            return markers.write(new TransactionMarker(partition, meant.marked(), 0, TransactionResult.ABORT)).thenApply(done -> null);
        });
    }
}
