package io.millrace.transaction.routing;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionList;
import io.millrace.transaction.state.OpenTransaction;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What brokers answer that are asked what hangs; who does not is named. Used by one thread, but for the answers. */
final class HangingCollection {
    private static final System.Logger LOG = System.getLogger(HangingCollection.class.getName());
    private static final TransactionList NO_TRANSACTIONS = new TransactionList(List.of(), false);
    private static final HangingHere NOTHING = new HangingHere(List.of(), false);

    /** How long the brokers have, in ms. */
    static final long PATIENCE_MS = 10_000;

    private final boolean coordinatedOnly;
    private final int limit;
    private final Executor workers;
    private final ScheduledExecutorService timers;
    private final List<CompletableFuture<TransactionList>> known = new ArrayList<>();
    private final List<CompletableFuture<HangingHere>> unknown = new ArrayList<>();
    private final Set<Integer> unanswered = new ConcurrentSkipListSet<>();

    /**
     * @param filter  which are wanted; those that no coordinator knows have no id, and are not told where it asks for certain ones
     * @param limit   how many of either kind at most
     * @param workers complete what is late
     */
    HangingCollection(TransactionFilter filter, int limit, Executor workers, ScheduledExecutorService timers) {
        this.coordinatedOnly = filter.isOfIds();
        this.limit = limit;
        this.workers = workers;
        this.timers = timers;
    }

    /** Asks a broker for what it coordinates, and for what is open in its partitions. */
    void add(int brokerId, Supplier<CompletableFuture<TransactionList>> coordinated, Supplier<CompletableFuture<HangingHere>> led) {
        known.add(answer(brokerId, coordinated, NO_TRANSACTIONS));
        if (!coordinatedOnly) {
            unknown.add(answer(brokerId, led, NOTHING));
        }
    }

    private <T> CompletableFuture<T> answer(int brokerId, Supplier<CompletableFuture<T>> ask, T otherwise) {
        CompletableFuture<T> asked;
        try {
            asked = ask.get();
        } catch (RuntimeException failure) {
            asked = CompletableFuture.failedFuture(failure);
        }
        CompletableFuture<T> answer = asked.copy();
        Future<?> patience = timers.schedule(() -> workers.execute(() -> answer.completeExceptionally(
                new BrokerException(ErrorKind.UNAVAILABLE, "it did not answer in time"))), PATIENCE_MS, TimeUnit.MILLISECONDS);
        return answer.handle((told, failure) -> {
            patience.cancel(false);
            if (failure == null) {
                return told;
            }
            LOG.log(Level.DEBUG, "broker " + brokerId + " did not tell all that hangs there", failure);
            unanswered.add(brokerId);
            return otherwise;
        });
    }

    CompletableFuture<Hanging> all() {
        List<CompletableFuture<?>> all = new ArrayList<>(known);
        all.addAll(unknown);
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApply(done -> {
            TransactionList transactions = TransactionList.merged(known.stream().map(CompletableFuture::join).toList(), limit);
            List<HangingHere> led = unknown.stream().map(CompletableFuture::join).toList();
            List<OpenTransaction> open = led.stream().flatMap(each -> each.transactions().stream())
                    .sorted(Comparator.comparingLong(OpenTransaction::openMs).reversed()).toList();
            boolean truncated = transactions.truncated() || open.size() > limit || led.stream().anyMatch(HangingHere::truncated);
            return new Hanging(transactions.transactions(), open.subList(0, Math.min(limit, open.size())), truncated,
                    List.copyOf(unanswered));
        });
    }
}
