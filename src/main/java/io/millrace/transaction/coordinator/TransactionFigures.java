package io.millrace.transaction.coordinator;

import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionState;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The transactional ids that a broker coordinates, in figures.
 *
 * @param atMs       when these were right, since the epoch
 * @param byState    how many are in each state; those that none is in are left out
 * @param preparedMs for how long the oldest prepared transaction has waited for its decision, in ms; 0: there is none
 * @param hanging    how many hang for {@link #HANGING_MS} or longer
 * @param longest    of them those that do so for the longest time, longest first; at most {@link #MOST_NAMED}
 * @param uncoordinated those in partitions that this broker leads which no coordinator knows
 */
public record TransactionFigures(long atMs, Map<TransactionState, Long> byState, long preparedMs, long hanging,
                                 List<TransactionDescription> longest, List<OpenTransaction> uncoordinated) {
    /** Below that, it may be the usual time between two steps: see {@link TransactionDescription#hangsMs}. */
    public static final long HANGING_MS = 10_000;
    /** How many are named of those that coordinators know, and as many of the others. */
    public static final int MOST_NAMED = 20;

    public TransactionFigures {
        byState = Map.copyOf(byState);
        longest = List.copyOf(longest);
        uncoordinated = List.copyOf(uncoordinated);
    }

    /** Of what coordinators know. */
    public TransactionFigures(long atMs, Map<TransactionState, Long> byState, long preparedMs, long hanging,
                              List<TransactionDescription> longest) {
        this(atMs, byState, preparedMs, hanging, longest, List.of());
    }

    /** Of none. */
    public static TransactionFigures none(long atMs) {
        return new TransactionFigures(atMs, Map.of(), 0, 0, List.of());
    }

    static TransactionFigures of(long atMs, Stream<Transaction> all, Stream<TransactionDescription> underWay) {
        Map<TransactionState, Long> byState = new EnumMap<>(TransactionState.class);
        all.forEach(each -> byState.merge(each.state(), 1L, Long::sum));
        List<TransactionDescription> described = underWay.toList();
        long preparedMs = described.stream().filter(each -> each.state() == TransactionState.PREPARED)
                .mapToLong(each -> each.hangsMs(atMs)).max().orElse(0);
        List<TransactionDescription> hanging = described.stream().filter(each -> each.hangsMs(atMs) >= HANGING_MS).toList();
        return new TransactionFigures(atMs, byState, preparedMs, hanging.size(), longest(atMs, hanging.stream()));
    }

    /** Both together. @param other taken at the same time */
    TransactionFigures plus(TransactionFigures other) {
        Map<TransactionState, Long> sum = new EnumMap<>(TransactionState.class);
        Stream.of(this, other).forEach(each -> each.byState.forEach((state, count) -> sum.merge(state, count, Long::sum)));
        return new TransactionFigures(atMs, sum, Math.max(preparedMs, other.preparedMs), hanging + other.hanging,
                longest(atMs, Stream.concat(longest.stream(), other.longest.stream())));
    }

    /** These, and what no coordinator knows. */
    public TransactionFigures with(List<OpenTransaction> others) {
        return new TransactionFigures(atMs, byState, preparedMs, hanging, longest, others);
    }

    /** How many hold readers back, whether a coordinator knows them or not. */
    public long allHanging() {
        return hanging + uncoordinated.size();
    }

    private static List<TransactionDescription> longest(long atMs, Stream<TransactionDescription> hanging) {
        return hanging.sorted(Comparator.comparingLong((TransactionDescription each) -> each.hangsMs(atMs)).reversed()
                .thenComparing(TransactionDescription::transactionalId)).limit(MOST_NAMED).toList();
    }
}
