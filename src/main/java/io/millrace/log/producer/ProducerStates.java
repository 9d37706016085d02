package io.millrace.log.producer;

import io.millrace.log.ProducerLimits;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The idempotent producers of one log as its writer knows them: ahead of what readers see until {@link #published()}.
 *
 * <p>Each batch of a producer that is not known yet makes it grow; a producer goes when it was silent for long
 * ({@link #expire}), or is the one that was silent for longest and there are too many. Who is in a transaction stays until that
 * has ended, which its time-out sees to. The log writer's.
 */
public final class ProducerStates {
    private final ProducerLimits limits;
    /** The one that was silent for longest comes first. */
    private final Map<Long, ProducerState> producers = new LinkedHashMap<>();
    /** What was known when the log was published last, of those who wrote since. */
    private final Map<Long, Optional<ProducerState>> published = new HashMap<>();
    private long crowdedOut;

    public ProducerStates(ProducerLimits limits) {
        this.limits = limits;
    }

    public boolean isEmpty() {
        return producers.isEmpty();
    }

    /** In the order in which they wrote last. */
    public Collection<ProducerState> all() {
        return Collections.unmodifiableCollection(producers.values());
    }

    Optional<ProducerState> of(long producerId) {
        return Optional.ofNullable(producers.get(producerId));
    }

    /** Offset of the last record of each producer that has one. */
    public Map<Long, Long> lastOffsets() {
        Map<Long, Long> offsets = new HashMap<>();
        for (ProducerState producer : producers.values()) {
            producer.newest().ifPresent(last -> offsets.put(producer.producerId(), last.lastOffset()));
        }
        return offsets;
    }

    /** First offsets of the transactions that are not ended, by producer. */
    public Map<Long, Long> openTransactions() {
        Map<Long, Long> open = new HashMap<>();
        for (ProducerState producer : producers.values()) {
            if (producer.isInTransaction()) {
                open.put(producer.producerId(), producer.transactionStart());
            }
        }
        return open;
    }

    /** Whether any of them ever had a transaction, as far as is known. */
    public boolean hadTransactions() {
        return producers.values().stream().anyMatch(ProducerState::hadTransactions);
    }

    /** A batch is in the log now, or about to be. */
    public void note(SequencedBatch batch, long now) {
        ProducerState known = producers.remove(batch.producerId());
        remember(batch.producerId(), known);
        producers.put(batch.producerId(), known == null ? ProducerState.first(batch, now) : known.with(batch, now));
        makeRoom();
    }

    private void remember(long producerId, ProducerState known) {
        published.putIfAbsent(producerId, Optional.ofNullable(known));
    }

    private void makeRoom() {
        Iterator<ProducerState> oldestFirst = producers.values().iterator();
        while (producers.size() > limits.maxProducers() && oldestFirst.hasNext()) {
            ProducerState oldest = oldestFirst.next();
            if (!oldest.isInTransaction()) {
                oldestFirst.remove();
                remember(oldest.producerId(), oldest);
                crowdedOut++;
            }
        }
    }

    /** How many were forgotten by now because there were too many. */
    public long crowdedOut() {
        return crowdedOut;
    }

    /** Takes over what a snapshot says. */
    void load(List<ProducerState> states) {
        for (ProducerState state : states) {
            producers.put(state.producerId(), state);
        }
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
        published.forEach((id, state) -> {
            producers.remove(id);
            state.ifPresent(known -> producers.put(id, known));
        });
        published.clear();
    }

    /**
     * Forgets the producers that were silent for too long and are in no transaction.
     *
     * @param now in ms since the epoch
     * @return how many
     */
    public int expire(long now) {
        int before = producers.size();
        producers.values().removeIf(producer -> !producer.isInTransaction()
            && now - producer.seen() > limits.expirationMillis());
        return before - producers.size();
    }
}
