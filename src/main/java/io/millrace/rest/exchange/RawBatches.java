package io.millrace.rest.exchange;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.transaction.AbortedBatches;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.FetchResult;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Record batches as they stand, with the aborted transactions among them named in a header. Where it has no room for another,
 * the batches end before the first of that one: whoever goes on is told of it then.
 *
 * @param result  with these batches, and where to go on behind them
 * @param aborted {@code <producer id>:<first offset>} of each, separated by commas; empty: there are none. They reach to the
 *                producer's next marker
 */
record RawBatches(FetchResult result, String aborted) {
    /** Clients and proxies bound their headers. */
    static final int MAX_HEADER_CHARS = 4_000;

    static RawBatches of(FetchResult read) {
        AbortedBatches batches = new AbortedBatches(read.aborted());
        Set<AbortedTransaction> named = new HashSet<>();
        StringBuilder header = new StringBuilder();
        int end = read.batches().position();
        long next = read.offset();
        int epoch = read.leaderEpoch();
        for (RecordBatch batch : RecordBatch.in(read.batches())) {
            Optional<AbortedTransaction> aborted = batches.transactionOf(batch);
            if (aborted.isPresent() && named.add(aborted.get())) {
                String entry = aborted.get().producerId() + ":" + aborted.get().firstOffset();
                if (!header.isEmpty() && header.length() + 1 + entry.length() > MAX_HEADER_CHARS) {
                    return new RawBatches(until(read, end, next, epoch), header.toString());
                }
                header.append(header.isEmpty() ? "" : ",").append(entry);
            }
            end += batch.sizeInBytes();
            next = batch.lastOffset() + 1;
            epoch = batch.leaderEpoch();
        }
        return new RawBatches(read, header.toString());
    }

    private static FetchResult until(FetchResult read, int end, long next, int epoch) {
        ByteBuffer batches = read.batches().duplicate().limit(end);
        return new FetchResult(read.offset(), next, read.highWatermark(), read.lastStableOffset(), read.logStartOffset(), epoch,
                batches, List.of());
    }
}
