package io.millrace.coordinator;

import io.millrace.metadata.BrokerException;
import io.millrace.record.EndTransactionMarker;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One leadership of a partition on this broker, whose log only this broker's coordinator writes. Thread-safe. */
public interface LedLog {
    /** In which it began: tells leaderships apart, and a later one has a higher one. */
    int epoch();

    /** Once it is over, it stays so. */
    boolean isOver();

    long startOffset();

    /**
     * Completes with the log's end, committed or not, once all that this broker queued before is there or never will be, in
     * earlier leaderships, too; fails when the log cannot be written.
     */
    CompletableFuture<Long> settled();

    /** The largest batch, in bytes. */
    int maxBatchBytes();

    /**
     * Whole batches from an offset on, also such as are not committed; empty when there are none below the end. Offsets may
     * be missing between batches and within them. Waits for the disk.
     *
     * @param maxBytes more only for the first batch
     */
    ByteBuffer read(long offset, long endOffset, int maxBytes);

    /**
     * An append that is on its way.
     *
     * @param written   completes when the leader has it for good; fails when it is not known whether that will be so
     * @param committed completes after that, when all in-sync replicas have it, however long that takes; fails when the
     *                  leadership ended before. Of no meaning where {@code written} failed
     */
    record Appending(CompletableFuture<?> written, CompletableFuture<?> committed) {
    }

    /**
     * Appends batches with acks=all, in this leadership or not at all.
     *
     * @throws BrokerException when nothing was written, nor will be
     */
    Appending append(List<ByteBuffer> batches);

    /**
     * Ends a producer's transaction as {@link #append} does, unless this marker, or a later one of that producer, is there
     * already, or an earlier transaction of the producer is open, which the log decides: then nothing is written, and it completes
     * when all that is there is committed.
     *
     * @param timestamp ms since the epoch
     * @throws BrokerException when nothing was written, nor will be
     */
    Appending endTransaction(long producerId, short producerEpoch, EndTransactionMarker marker, long timestamp);

    /**
     * @return completes when everything before an offset is committed, however long that takes; fails when the leadership
     *         ended before
     * @throws BrokerException NOT_LEADER
     */
    CompletableFuture<?> committed(long endOffset);

    /** @throws BrokerException UNAVAILABLE when another broker may lead by now, so that what is known here may be old */
    void requireLease();
}
