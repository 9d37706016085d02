package io.millrace.log.transaction;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.TransactionStart;
import io.millrace.log.producer.SequencedBatch;
import io.millrace.record.EndTransactionMarker;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;

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
    private record Transaction(TransactionStart start, long markerOffset) {
        private long firstOffset() {
            return start.firstOffset();
        }

        private boolean isOpen() {
            return markerOffset == OPEN;
        }
    }

    /** By first offset. */
    private final ConcurrentSkipListMap<Long, Transaction> transactions = new ConcurrentSkipListMap<>();
    /** Those that are open, by producer. */
    private final Map<Long, TransactionStart> open = new ConcurrentHashMap<>();
    /** Those that have ended, in the order of their markers; the log writer's. */
    private final Deque<Transaction> ended = new ArrayDeque<>();
    /** Nothing from here on is stable, whatever is known of transactions. */
    private volatile long heldFrom = Long.MAX_VALUE;
    /** Markers below are forgotten, so that what a cut there would open again is not known. */
    private long forgottenBefore;

    /**
     * A transactional batch stands at an offset: begins its producer's transaction, unless it is open already.
     *
     * @param nowMs since the epoch
     */
    public void begin(long producerId, short epoch, long firstOffset, long nowMs) {
        if (!open.containsKey(producerId)) {
            open(new TransactionStart(producerId, epoch, firstOffset, nowMs));
        }
    }

    private void open(TransactionStart start) {
        open.put(start.producerId(), start);
        transactions.put(start.firstOffset(), new Transaction(start, OPEN));
    }

    /**
     * A producer's marker stands at an offset.
     *
     * @return what is to be noted where it is an abort; null when the producer has no open transaction here: an
     *         aborted one then has no records
     */
    public AbortedTransaction end(long producerId, long markerOffset) {
        TransactionStart start = open.remove(producerId);
        if (start == null) {
            return null;
        }
        Transaction over = new Transaction(start, markerOffset);
        transactions.put(start.firstOffset(), over);
        ended.add(over);
        return new AbortedTransaction(producerId, start.firstOffset(), markerOffset, firstOpen(markerOffset + 1));
    }

    private long firstOpen(long otherwise) {
        for (Transaction each : transactions.values()) {
            if (each.isOpen()) {
                return each.firstOffset();
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
            if (each.firstOffset() >= highWatermark) {
                return highWatermark;
            } else if (each.markerOffset >= highWatermark) {
                return each.firstOffset();
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
        long first = open.values().stream().mapToLong(TransactionStart::firstOffset).min().orElse(Long.MAX_VALUE);
        open.values().forEach(each -> transactions.remove(each.firstOffset()));
        open.clear();
        return first;
    }

    /** Those that are open since a moment or longer, in their order. Any thread. @param sinceMs in ms since the epoch */
    public List<TransactionStart> openSince(long sinceMs) {
        return transactions.values().stream().filter(Transaction::isOpen).map(Transaction::start)
            .filter(start -> start.sinceMs() <= sinceMs).toList();
    }

    /** The one that a producer has open. Any thread. */
    public Optional<TransactionStart> openOf(long producerId) {
        return Optional.ofNullable(open.get(producerId));
    }

    /** Markers below are committed: nobody waits for their transactions any more. */
    public void committed(long highWatermark) {
        while (!ended.isEmpty() && ended.peek().markerOffset < highWatermark) {
            Transaction stable = ended.remove();
            transactions.remove(stable.firstOffset());
            forgottenBefore = stable.markerOffset + 1;
        }
    }

    /**
     * A batch of a producer is in the log now, or about to be.
     *
     * @param nowMs since the epoch
     * @return what is to be noted with an abort marker, unless the transaction that it ends has no records here
     */
    public Optional<AbortedTransaction> note(SequencedBatch batch, long nowMs) {
        if (batch.isInTransaction()) {
            begin(batch.producerId(), batch.epoch(), batch.baseOffset(), nowMs);
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
            open(ended.removeLast().start);
        }
        transactions.tailMap(offset, true).clear();
        open.values().removeIf(start -> start.firstOffset() >= offset);
        return true;
    }

    /**
     * Begins anew with those that are open at an offset; what ended before is forgotten. The last stable offset is never
     * beyond the first of them meanwhile. One that was known keeps the time since when it is.
     *
     * @param known one for each producer
     */
    public void beginAt(long offset, List<TransactionStart> known) {
        open.clear();
        ended.clear();
        forgottenBefore = offset;
        known.forEach(start -> open(before(start)));
        transactions.keySet().retainAll(known.stream().map(TransactionStart::firstOffset).collect(Collectors.toSet()));
    }

    private TransactionStart before(TransactionStart start) {
        Transaction known = transactions.get(start.firstOffset());
        return known != null && known.start.producerId() == start.producerId() ? known.start : start;
    }
}
