package io.millrace.log.producer;

import io.millrace.log.ProducerLimits;
import io.millrace.log.TransactionStart;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The idempotent producers of one log as its writer knows them: ahead of what readers see until {@link #published()}.
 *
 * <p>Each batch of a producer that is not known yet makes it grow; a producer goes when it was silent for long
 * ({@link #expire}), or is the one that was silent for longest and there are too many. Who is in a transaction stays until that
 * has ended, which its time-out sees to. The log writer's.
 */
public final class ProducerStates {
    /** @param turn counts the batches that were noted, up to its last one */
    private record Known(ProducerState state, long turn) {
    }

    private final ProducerLimits limits;
    /** Those in no transaction: the one that was silent for longest comes first. */
    private final Map<Long, Known> resting = new LinkedHashMap<>();
    /** The others, in the same order. */
    private final Map<Long, Known> inTransaction = new LinkedHashMap<>();
    /** What was known when the log was published last, of those who wrote since. */
    private final Map<Long, Optional<Known>> published = new HashMap<>();
    private long turn;
    private long crowdedOut;
    /** Whether any batch or producer was noted that is, or was, in a transaction. */
    private boolean transactional;
    /** Null where all batches could be read. */
    private Undecided undecided;

    public ProducerStates(ProducerLimits limits) {
        this.limits = limits;
    }

    /** Whether nothing is known that a snapshot could tell. */
    public boolean isEmpty() {
        return size() == 0 && undecided().isEmpty();
    }

    public int size() {
        return resting.size() + inTransaction.size();
    }

    public boolean isKnown(long producerId) {
        return of(producerId).isPresent();
    }

    /** In the order in which they wrote last. */
    public Collection<ProducerState> all() {
        return inTurn().map(Known::state).toList();
    }

    private Stream<Known> inTurn() {
        return Stream.concat(resting.values().stream(), inTransaction.values().stream()).sorted(Comparator.comparingLong(Known::turn));
    }

    Optional<ProducerState> of(long producerId) {
        Known known = resting.get(producerId);
        return Optional.ofNullable(known == null ? inTransaction.get(producerId) : known).map(Known::state);
    }

    /** The transactions that are not ended, one for each producer, as if each were known since it was last heard of. */
    public List<TransactionStart> openTransactions() {
        return inTransaction.values().stream().map(Known::state)
            .map(each -> new TransactionStart(each.producerId(), each.epoch(), each.transactionStart(), each.seen())).toList();
    }

    /** Whether any of them ever had a transaction, as far as is known. */
    public boolean hadTransactions() {
        return !inTransaction.isEmpty() || resting.values().stream().anyMatch(known -> known.state.hadTransactions());
    }

    /** A batch is in the log now, or about to be. */
    public void note(SequencedBatch batch, long now) {
        Known known = remove(batch.producerId());
        remember(batch.producerId(), known);
        put(known == null ? ProducerState.first(batch, now) : known.state.with(batch, now));
        transactional |= batch.isTransactional();
        makeRoom();
    }

    /**
     * The batches from one offset to before another cannot be read: what became of the transactions that are open is not known,
     * and what comes of their producers counts as another one.
     */
    public void damaged(long from, long until) {
        long first = openTransactions().stream().mapToLong(TransactionStart::firstOffset).min().orElse(from);
        add(new Undecided(Math.min(first, from), from, until));
        refill(inTurn().map(known -> new Known(known.state.withoutTransaction(), known.turn)).toList());
    }

    /** Batches around which there are transactions cannot be read. */
    public void hold(Undecided damage) {
        transactional = true;
        add(damage);
    }

    private void add(Undecided damage) {
        undecided = undecided == null ? damage : undecided.and(damage);
    }

    /** What could not be read, where transactions may have been in it. */
    public Optional<Undecided> undecided() {
        return transactional ? Optional.ofNullable(undecided) : Optional.empty();
    }

    /**
     * The log begins at an offset: what could not be read before it is of no account.
     *
     * @return whether nothing is undecided any more that was
     */
    public boolean beginsAt(long start) {
        boolean decided = undecided != null && undecided.until() <= start;
        if (decided) {
            undecided = null;
        }
        return decided;
    }

    private void put(ProducerState state) {
        put(new Known(state, ++turn));
    }

    private void put(Known known) {
        (known.state.isInTransaction() ? inTransaction : resting).put(known.state.producerId(), known);
    }

    private Known remove(long producerId) {
        Known known = resting.remove(producerId);
        return known == null ? inTransaction.remove(producerId) : known;
    }

    private void remember(long producerId, Known known) {
        published.putIfAbsent(producerId, Optional.ofNullable(known));
    }

    /** Never by whoever wrote last: when all others are in a transaction, there are more for a while. */
    private void makeRoom() {
        Iterator<Known> oldestFirst = resting.values().iterator();
        while (size() > limits.maxProducers() && oldestFirst.hasNext()) {
            Known oldest = oldestFirst.next();
            if (oldest.turn == turn) {
                return; // all others are in a transaction
            }
            oldestFirst.remove();
            remember(oldest.state.producerId(), oldest);
            crowdedOut++;
        }
    }

    /** How many were forgotten by now because there were too many. */
    public long crowdedOut() {
        return crowdedOut;
    }

    /** Takes over what a snapshot says. */
    void load(List<ProducerState> states, Optional<Undecided> damage) {
        states.forEach(this::put);
        transactional |= states.stream().anyMatch(ProducerState::hadTransactions);
        damage.ifPresent(this::hold);
        makeRoom();
        published.clear();
    }

    /** All that was noted stays. */
    public void published() {
        if (!published.isEmpty()) {
            published.clear();
        }
    }

    /** Nothing of what was noted since it was published last is in the log. */
    public void rollBack() {
        if (published.isEmpty()) {
            return;
        }
        published.forEach((id, known) -> {
            remove(id);
            known.ifPresent(this::put);
        });
        published.clear();
        refill(inTurn().toList());
    }

    private void refill(List<Known> inTurn) {
        resting.clear();
        inTransaction.clear();
        inTurn.forEach(this::put);
    }

    /**
     * Forgets the producers that were silent for too long and are in no transaction.
     *
     * @param now in ms since the epoch
     * @return how many
     */
    public int expire(long now) {
        int before = resting.size();
        resting.values().removeIf(known -> now - known.state.seen() > limits.expirationMillis());
        return before - resting.size();
    }
}
