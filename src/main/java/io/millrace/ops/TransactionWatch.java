package io.millrace.ops;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.TransactionDescription;
import io.millrace.transaction.coordinator.TransactionFigures;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.TransactionState;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks every few seconds for transactions that hold back readers for longer than they should, because nobody else may notice:
 * whoever reads committed records just sees no new ones. Health and gauges show what was found last; the log has a warning of
 * each once. Thread-safe.
 */
final class TransactionWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TransactionWatch.class.getName());
    private static final long LOOK_MS = 5_000;
    /** What hangs for less may be on its way: a leader is elected, a transaction manager restarted. */
    private static final long WARN_MS = 60_000;
    private static final int MOST_PARTITIONS = 5;

    private final Supplier<CompletableFuture<TransactionFigures>> figures;
    private final ScheduledFuture<?> looks;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile TransactionFigures seen = TransactionFigures.none(0);
    /** Those that were warned of and still hang; as few as are named. By whoever has {@link #looking}. */
    private Set<Incident> warned = Set.of();
    /** As above, of those that no coordinator knows. */
    private Set<Place> warnedUncoordinated = Set.of();

    private record Incident(String transactionalId, long producerId, short producerEpoch, TransactionState state) {
        private static Incident of(TransactionDescription hanging) {
            return new Incident(hanging.transactionalId(), hanging.producer().producerId(), hanging.producer().epoch(), hanging.state());
        }
    }

    private record Place(TopicPartition partition, long producerId, long firstOffset) {
        private static Place of(OpenTransaction open) {
            return new Place(open.partition(), open.producerId(), open.firstOffset());
        }
    }

    /** @param figures of what this broker coordinates and leads; must not block for long */
    TransactionWatch(Supplier<CompletableFuture<TransactionFigures>> figures, ScheduledExecutorService timers) {
        this.figures = figures;
        this.looks = timers.scheduleWithFixedDelay(this::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
    }

    /** Not while the last look is under way: a coordinator may take long to answer. */
    void look() {
        if (!looking.compareAndSet(false, true)) {
            return;
        }
        CompletableFuture<TransactionFigures> answer;
        try {
            answer = figures.get();
        } catch (RuntimeException | Error failure) { // thrown on, it would end the schedule
            answer = CompletableFuture.failedFuture(failure);
        }
        answer.thenAccept(found -> {
            seen = found;
            warn(found);
        }).whenComplete((done, failure) -> {
            looking.set(false);
            if (failure != null) {
                LOG.log(BrokerErrors.outcome(failure) instanceof BrokerException ? Level.DEBUG : Level.WARNING,
                        "what is known of hanging transactions stays as it is", failure);
            }
        });
    }

    private void warn(TransactionFigures found) {
        List<TransactionDescription> longer = found.longest().stream().filter(each -> each.hangsMs(found.atMs()) >= WARN_MS).toList();
        longer.stream().filter(each -> !warned.contains(Incident.of(each)))
                .forEach(each -> LOG.log(Level.WARNING, note(each, found.atMs())));
        warned = longer.stream().map(Incident::of).collect(Collectors.toSet());
        List<OpenTransaction> unknown = named(found);
        unknown.stream().filter(each -> !warnedUncoordinated.contains(Place.of(each))).forEach(each -> LOG.log(Level.WARNING, note(each)));
        warnedUncoordinated = unknown.stream().map(Place::of).collect(Collectors.toSet());
    }

    private static List<OpenTransaction> named(TransactionFigures found) {
        return found.uncoordinated().stream().limit(TransactionFigures.MOST_NAMED).toList();
    }

    /** As of some seconds ago. */
    TransactionFigures seen() {
        return seen;
    }

    /** A sentence for each of those that hang for the longest time, {@link TransactionFigures#MOST_NAMED} of either kind. */
    List<String> notes() {
        TransactionFigures found = seen;
        return Stream.concat(found.longest().stream().map(each -> note(each, found.atMs())),
                named(found).stream().map(TransactionWatch::note)).toList();
    }

    private static String note(OpenTransaction uncoordinated) {
        return ("a transaction of producer %d, epoch %d, which no coordinator knows, has been open for %d s and holds back %s at"
                + " offset %d: it is for an operator to abort").formatted(uncoordinated.producerId(), uncoordinated.producerEpoch(),
                        TimeUnit.MILLISECONDS.toSeconds(uncoordinated.openMs()), uncoordinated.partition(), uncoordinated.firstOffset());
    }

    private static String note(TransactionDescription hanging, long nowMs) {
        long seconds = TimeUnit.MILLISECONDS.toSeconds(hanging.hangsMs(nowMs));
        String what = switch (hanging.state()) {
            case PREPARED -> "has waited " + seconds + " s for its decision" + (hanging.xid() == null ? "" : " as xid " + hanging.xid());
            case ONGOING -> "should have ended " + seconds + " s ago";
            default -> "was decided " + seconds + " s ago (" + hanging.state().label() + ")";
        };
        Collection<TopicPartition> held = hanging.unmarked().isEmpty() ? hanging.partitions() : hanging.unmarked();
        return "the transaction of %s (%s) %s and holds back %s".formatted(hanging.transactionalId(), hanging.producer(), what,
                named(held));
    }

    private static String named(Collection<TopicPartition> held) {
        String first = held.stream().limit(MOST_PARTITIONS).map(TopicPartition::toString).collect(Collectors.joining(", "));
        return held.isEmpty() ? "no partition"
                : first + (held.size() > MOST_PARTITIONS ? " and " + (held.size() - MOST_PARTITIONS) + " more" : "");
    }

    @Override
    public void close() {
        looks.cancel(false);
    }
}
