package io.millrace.log.transaction;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.producer.SequencedBatch;
import io.millrace.record.EndTransactionMarker;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The transactions of a log that are not stable: those that are open, and those that ended with a marker that is not
 * committed yet, which a truncation may take back. They hold the last stable offset.
 *
 * <p>Changed by the log writer only, also ahead of what readers are shown: that does no harm, as whatever lies beyond the end
 * that they see cannot be below their high watermark. {@link #lastStableOffset} is any thread's.
 *
 * <p>Grows with the producers that have a transaction open, of which a coordinator knows each: no more than there are
 * transactional ids. A time-out ends it, but for one that is prepared, which waits for whoever decides. And with the markers
 * between the high watermark and the log's end.
 */
public final class OpenTransactions {
    private static final long OPEN = Long.MAX_VALUE;

    /** @param markerOffset {@link #OPEN} until there is a marker */
    private record Transaction(long producerId, long firstOffset, long markerOffset) {
    }

    /** By first offset. */
    private final ConcurrentSkipListMap<Long, Transaction> transactions = new ConcurrentSkipListMap<>();
    /** First offsets of those that are open, by producer; the log writer's. */
    private final Map<Long, Long> open = new HashMap<>();
    /** Those that have ended, in the order of their markers; the log writer's. */
    private final Deque<Transaction> ended = new ArrayDeque<>();
    /** Nothing from here on is stable, whatever is known of transactions. */
    private volatile long heldFrom = Long.MAX_VALUE;
    /** Markers below are forgotten, so that what a cut there would open again is not known. */
    private long forgottenBefore;

    /** A transactional batch stands at an offset: begins its producer's transaction, unless it is open already. */
    public void begin(long producerId, long firstOffset) {
        if (open.putIfAbsent(producerId, firstOffset) == null) {
            transactions.put(firstOffset, new Transaction(producerId, firstOffset, OPEN));
        }
    }

    /**
     * A producer's marker stands at an offset.
     *
     * @return what is to be noted where it is an abort; null when the producer has no open transaction here: an
     *         aborted one then has no records
     */
    public AbortedTransaction end(long producerId, long markerOffset) {
        Long first = open.remove(producerId);
        if (first == null) {
            return null;
        }
        Transaction over = new Transaction(producerId, first, markerOffset);
        transactions.put(first, over);
        ended.add(over);
        return new AbortedTransaction(producerId, first, markerOffset, firstOpen(markerOffset + 1));
    }

    private long firstOpen(long otherwise) {
        for (Transaction each : transactions.values()) {
            if (each.markerOffset == OPEN) {
                return each.firstOffset;
            }
        }
        return otherwise;
    }

    /**
     * The offset below which every transactional record is decided for good, and committed.
     *
     * @param highWatermark of the log, as the caller sees it
     */
    public long lastStableOffset(long highWatermark) {
        return Math.min(heldFrom, firstUnstable(highWatermark));
    }

    private long firstUnstable(long highWatermark) {
        for (Transaction each : transactions.values()) {
            if (each.firstOffset >= highWatermark) {
                return highWatermark;
            } else if (each.markerOffset >= highWatermark) {
                return each.firstOffset;
            }
        }
        return highWatermark;
    }

    /**
     * Nothing from an offset on is stable until this is called again, as batches cannot be read.
     *
     * @param offset {@link Long#MAX_VALUE} when all can be read
     */
    public void holdFrom(long offset) {
        heldFrom = offset;
    }

    /**
     * Batches cannot be read: nobody knows which marker ends those that are open, and they are forgotten. The caller
     * {@linkplain #holdFrom holds} the last stable offset.
     *
     * @return where the first of them began, or {@link Long#MAX_VALUE}
     */
    public long loseOpen() {
        long first = open.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
        open.values().forEach(transactions::remove);
        open.clear();
        return first;
    }

    /** Markers below are committed: nobody waits for their transactions any more. */
    public void committed(long highWatermark) {
        while (!ended.isEmpty() && ended.peek().markerOffset < highWatermark) {
            Transaction stable = ended.remove();
            transactions.remove(stable.firstOffset);
            forgottenBefore = stable.markerOffset + 1;
        }
    }

    /**
     * A batch of a producer is in the log now, or about to be.
     *
     * @return what is to be noted with an abort marker, unless the transaction that it ends has no records here
     */
    public Optional<AbortedTransaction> note(SequencedBatch batch) {
        if (batch.isInTransaction()) {
            begin(batch.producerId(), batch.baseOffset());
        } else if (batch.marker().isPresent()) {
            AbortedTransaction over = end(batch.producerId(), batch.lastOffset());
            return batch.marker().get().type() == EndTransactionMarker.Type.ABORT ? Optional.ofNullable(over) : Optional.empty();
        }
        return Optional.empty();
    }

    /**
     * The log is cut off at an offset: what began behind it is gone, what ended behind it is open again.
     *
     * @return false, with nothing changed, where that is below markers that are forgotten, as an unclean truncation may be: then
     *         all of this is to be made anew of the log ({@link #beginAt})
     */
    public boolean truncateTo(long offset) {
        if (offset < forgottenBefore) {
            return false;
        }
        while (!ended.isEmpty() && ended.peekLast().markerOffset >= offset) {
            Transaction back = ended.removeLast();
            transactions.put(back.firstOffset, new Transaction(back.producerId, back.firstOffset, OPEN));
            open.put(back.producerId, back.firstOffset);
        }
        transactions.tailMap(offset, true).clear();
        open.values().removeIf(first -> first >= offset);
        return true;
    }

    /**
     * Begins anew with those that are open at an offset; what ended before is forgotten. The last stable offset is never
     * beyond the first of them meanwhile.
     *
     * @param known first offsets by producer
     */
    public void beginAt(long offset, Map<Long, Long> known) {
        open.clear();
        ended.clear();
        forgottenBefore = offset;
        known.forEach((producerId, first) -> {
            open.put(producerId, first);
            transactions.put(first, new Transaction(producerId, first, OPEN));
        });
        transactions.keySet().retainAll(known.values());
    }
}
