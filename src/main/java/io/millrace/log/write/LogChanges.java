package io.millrace.log.write;

import io.millrace.log.AppendResult;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogQueueFullException;
import io.millrace.log.Truncation;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The changes of a directory's open logs: each is queued by any thread, and carried out by the directory's writer in the
 * order of the calls.
 */
abstract class LogChanges {
    private final DirectoryParts parts;

    LogChanges(DirectoryParts parts) {
        this.parts = parts;
    }

    // ---- what others ask for

    /**
     * Queues whole, valid batches for an atomic append: consecutive offsets, one segment write. Offsets, leader epoch
     * and, where the log wants it, timestamps are written into the buffers, which belong to the log until the future is
     * done.
     * Completes when the log's flush policy holds, and on the writer's thread: do not linger there.
     *
     * @param batches     each holds one or more whole batches, position to limit
     * @param leaderEpoch of the leader that appends, or -1; fails with
     *                    {@link io.millrace.log.FencedLeaderEpochException} when the log has seen a newer one, or its
     *                    epoch floor is higher
     * @throws LogQueueFullException         at once, when the queue is at its bound
     * @throws LogDirectoryOfflineException  at once or through the future, when the directory has failed or is closed
     */
    public CompletableFuture<AppendResult> append(PartitionLog log, List<ByteBuffer> batches, int leaderEpoch) {
        List<RecordBatch> parsed = new ArrayList<>();
        long bytes = parse(log, batches, parsed);
        return queue(new PendingAppend(log, parsed, leaderEpoch, bytes));
    }

    /**
     * As {@link #append}, for a control batch that ends a producer's transaction: nothing is written, and the result is the
     * log's last offset, where the producer is known with the marker's epoch or a later one, or has an earlier transaction open
     * than the one that the marker ends.
     */
    public CompletableFuture<AppendResult> appendMarker(PartitionLog log, ByteBuffer marker, int leaderEpoch) {
        List<RecordBatch> parsed = new ArrayList<>();
        long bytes = parse(log, List.of(marker), parsed);
        return queue(PendingAppend.marker(log, parsed, leaderEpoch, bytes));
    }

    /**
     * Queues whole batches of another replica's log, to be written as they are: offsets and leader epochs stand in them
     * already. Otherwise as {@link #append}. The future fails with IllegalArgumentException, nothing being written, when
     * the batches do not follow the log's end, or are of an older leader epoch than what is there.
     *
     * @param leaderEpoch of the leader that they were fetched from, which may be newer than theirs; fails with
     *                    {@link io.millrace.log.FencedLeaderEpochException} when the log's epoch floor is higher
     */
    public CompletableFuture<AppendResult> appendReplicated(PartitionLog log, ByteBuffer batches, int leaderEpoch) {
        List<RecordBatch> parsed = new ArrayList<>();
        long bytes = parse(log, List.of(batches), parsed);
        return queue(PendingAppend.replicated(log, parsed, leaderEpoch, bytes));
    }

    /**
     * Moves the log start offset up; completes with the new one. Also while there is no space.
     *
     * @return fails with OffsetOutOfRangeException when the offset is above the high watermark
     */
    public CompletableFuture<Long> deleteRecordsBefore(PartitionLog log, long offset) {
        ensureOwn(log);
        return queue(LogTask.freeing(() -> {
            log.writable().settle();
            return log.writable().deleteRecordsBefore(offset);
        }));
    }

    /**
     * Takes over where another replica's log starts, what is below being committed and deleted there; completes with the
     * new log start offset, which never goes back. Beyond the log end offset all records are dropped, and the log
     * begins anew there. Also while there is no space.
     */
    public CompletableFuture<Long> advanceLogStart(PartitionLog log, long offset) {
        ensureOwn(log);
        return queue(LogTask.freeing(() -> {
            log.writable().settle();
            return log.writable().advanceStart(offset);
        }));
    }

    /**
     * Changes nothing; completes with the log end offset once everything that was queued for the log before is written there
     * or never will be. Also while there is no space.
     */
    public CompletableFuture<Long> settled(PartitionLog log) {
        ensureOwn(log);
        return queue(LogTask.freeing(() -> {
            log.writable().settle();
            return log.logEndOffset();
        }));
    }

    /**
     * Changes nothing; completes when a producer may write to the log, as things stand then: it is known there, or there is room
     * for it. At once, where there is room for any.
     *
     * @return fails with {@link io.millrace.log.TooManyProducersException}; completes on the writer's thread: do not linger there
     */
    public CompletableFuture<Void> requireRoom(PartitionLog log, long producerId) {
        ensureOwn(log);
        LogProducers producers = log.writable().producers();
        return producers.haveRoom() ? CompletableFuture.completedFuture(null) : queue(LogTask.of(() -> {
            producers.requireRoom(producerId);
            return null;
        }));
    }

    /**
     * Drops all records; the log begins anew at an offset, which may be before its start. Completes with that offset.
     *
     * @return fails with {@link io.millrace.log.CommittedRecordsException} when a clean one is to go below the high
     *         watermark
     */
    public CompletableFuture<Long> beginAnew(PartitionLog log, long offset, Truncation truncation) {
        ensureOwn(log);
        return queue(LogTask.of(() -> {
            log.writable().settle();
            return noted(truncation, log.writable().beginAnew(offset, truncation));
        }));
    }

    /** As {@link #truncateTo(PartitionLog, long, Truncation)}, clean. */
    public CompletableFuture<Long> truncateTo(PartitionLog log, long offset) {
        return truncateTo(log, offset, Truncation.CLEAN);
    }

    /**
     * Cuts off the log's end: every batch that does not end before the offset; completes with the new log end offset.
     *
     * @return fails with OffsetOutOfRangeException when the offset is below the log start offset, and with
     *         {@link io.millrace.log.CommittedRecordsException} when a clean one is to go below the high watermark
     */
    public CompletableFuture<Long> truncateTo(PartitionLog log, long offset, Truncation truncation) {
        ensureOwn(log);
        return queue(LogTask.of(() -> noted(truncation, log.writable().truncateTo(offset, truncation))));
    }

    /**
     * Puts batches of another replica in the place of damaged ones, all of them committed; what is good before and behind
     * them stays, and is never out of reach. The segment is copied, which may take long, by the executor, while the
     * writer goes on; readers in flight keep the old one. A crash leaves the one or the other.
     *
     * @param batches whole, intact, one after the other; they fill a gap of damage between intact batches, or the bounds
     *                of a segment, as {@link PartitionLog#damagedRange} tells it. They are the log's until the future is
     *                done
     * @return completes with the offset up to which the log is replaced: the end of the batches, or of the segment that
     *         holds the first; fails with IllegalStateException when they do not fit or the log was changed meanwhile,
     *         with OffsetOutOfRangeException when the first is not committed, with LogDirectoryOfflineException when
     *         there is no space now, and with UncheckedIOException when the copy cannot be read or written: the log is as
     *         it was then
     * @throws IllegalArgumentException when the batches are not whole and intact, or do not follow each other
     */
    public CompletableFuture<Long> replaceRange(PartitionLog log, ByteBuffer batches, Executor executor) {
        List<RecordBatch> parsed = new ArrayList<>();
        parse(log, List.of(batches), parsed);
        return new RangeReplacement(log, parsed).start(executor);
    }

    /**
     * Drops the log and its files; readers in flight finish. Also while there is no space: what cannot be removed then
     * is removed later.
     */
    public CompletableFuture<Void> delete(PartitionLog log) {
        ensureOwn(log);
        return queue(LogTask.freeing(() -> {
            parts.removal().delete(log);
            return null;
        }));
    }

    /**
     * Closes a log and gives its folder a name that is no log's; completes with its new path.
     *
     * @return fails with IllegalStateException when it is closed
     */
    public CompletableFuture<Path> setAside(PartitionLog log) {
        ensureOwn(log);
        return queue(LogTask.of(() -> parts.removal().setAside(log)));
    }

    /** Queues that all there is of a log is forced, unless nothing is written at the moment: then retention does it. */
    void checkpoint(PartitionLog log) {
        parts.queue().addIfWritable(LogTask.of(() -> {
            log.writable().checkpoint();
            return null;
        }));
    }

    // ---- the queue

    /** All changes but appends come by here. */
    <T> CompletableFuture<T> queue(LogTask<T> task) {
        parts.queue().add(task);
        return task.future();
    }

    /** All appends come by here. */
    CompletableFuture<AppendResult> queue(PendingAppend append) {
        parts.queue().add(append);
        return append.future();
    }

    private long noted(Truncation truncation, long offset) throws IOException {
        if (truncation == Truncation.UNCLEAN) {
            parts.checkpoints().saveHighWatermarks(parts.logs().all());
        }
        return offset;
    }

    /** @return bytes of the batches */
    private long parse(PartitionLog log, List<ByteBuffer> batches, List<RecordBatch> parsed) {
        ensureOwn(log);
        long bytes = 0;
        for (ByteBuffer buffer : batches) {
            long whole = 0;
            for (RecordBatch batch : RecordBatch.in(buffer)) {
                parsed.add(batch);
                whole += batch.sizeInBytes();
            }
            if (whole != buffer.remaining()) {
                throw new IllegalArgumentException("an append takes whole batches: " + (buffer.remaining() - whole)
                    + " bytes at the end are none");
            }
            bytes += whole;
        }
        if (parsed.isEmpty() || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("an append takes 1 byte to 2 GiB of batches: found " + bytes);
        }
        return bytes;
    }

    private void ensureOwn(PartitionLog log) {
        if (log.directory() != this) {
            throw new IllegalArgumentException("the log of " + log.name() + " is not in " + parts.root());
        }
    }
}
