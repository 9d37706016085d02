package io.millrace.log.write;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.TransactionStart;
import io.millrace.log.transaction.OpenTransactions;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** What readers of committed records need to know of a log's transactions. Any thread, except for {@link #open()}. */
public final class LogTransactions {
    private final PartitionLog log;
    private final LogReader reader;
    private final OpenTransactions open = new OpenTransactions();

    LogTransactions(PartitionLog log, LogReader reader) {
        this.log = log;
        this.reader = reader;
    }

    /**
     * The offset below which every record that is part of a transaction is decided, for good: at most the high watermark, and
     * that while no transaction is open.
     */
    public long lastStableOffset() {
        return lastStableOffset(log.highWatermark());
    }

    /** As {@link #lastStableOffset()}, by a high watermark that the caller goes by. */
    public long lastStableOffset(long highWatermark) {
        return Math.min(highWatermark, Math.max(log.logStartOffset(), open.lastStableOffset(highWatermark)));
    }

    /**
     * The aborted transactions that have records in a range of stable offsets, and maybe some around it. Their number is bounded
     * by that of the records, and of the producers that wrote at the same time.
     *
     * @param to exclusive; at most the last stable offset
     * @throws OffsetOutOfRangeException when the range begins before the log start offset
     * @throws IllegalStateException     when the log was closed or deleted
     * @throws UncheckedIOException      when the disk cannot be read, or the thread was interrupted
     */
    public List<AbortedTransaction> aborted(long from, long to) {
        return from < to ? reader.aborted(from, to) : List.of();
    }

    /** Those that are open since a moment or longer, in the order of their first offsets. @param sinceMs in ms since the epoch */
    public List<TransactionStart> openSince(long sinceMs) {
        return open.openSince(sinceMs);
    }

    /** The one that a producer has open. */
    public Optional<TransactionStart> openOf(long producerId) {
        return open.openOf(producerId);
    }

    /** The log writer's. */
    OpenTransactions open() {
        return open;
    }
}
