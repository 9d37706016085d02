package io.millrace.replica.follower;

import io.millrace.agreement.Member;
import io.millrace.log.DamagedRange;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.Truncation;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.record.EmptyBatch;
import io.millrace.record.RecordBatch;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import io.millrace.replica.hosting.Partition;
import java.io.ByteArrayOutputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Heals a log that follows and has a damaged batch: what is committed is replaced, range by range, by what the leader has
 * there, and all that is good stays; what is not known to be committed is cut off, and fetched as ever. Thread-safe.
 */
public final class Healing {
    private static final System.Logger LOG = System.getLogger(Healing.class.getName());
    private static final int REQUEST_BYTES = 1 << 20;
    /** Of one damaged range; a larger one is not mended in place. */
    private static final int MAX_RANGE_BYTES = 64 << 20;
    private static final int NO_EPOCH = -1;

    private final BrokerRegistry brokers;
    private final ReplicaTransport transport;
    private final Executor workers;

    /** @param workers read and write whole segments, and may wait for the disk meanwhile */
    public Healing(BrokerRegistry brokers, ReplicaTransport transport, Executor workers) {
        this.brokers = brokers;
        this.transport = transport;
        this.workers = workers;
    }

    /**
     * Only while the partition follows and does not count as in sync.
     *
     * @return completes when the damage that was found first is gone, or cannot be healed now; fails with UNAVAILABLE when
     *         the leader did not answer, and with LogDirectoryOfflineException when nothing can be written now: the
     *         partition keeps it in mind, and fetches nothing; fails otherwise when it cannot be mended: the replica goes
     *         on with it, until it is found again
     */
    public CompletableFuture<?> heal(Partition partition) {
        OptionalLong damagedAt = partition.beginHealing();
        if (damagedAt.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return findRange(partition, damagedAt.getAsLong())
                .thenCompose(range -> range.isEmpty() ? CompletableFuture.completedFuture(damagedAt.getAsLong())
                        : mend(partition, range.get()))
                .whenComplete((done, failure) -> end(partition, damagedAt.getAsLong(), failure));
    }

    private CompletableFuture<Optional<DamagedRange>> findRange(Partition partition, long damagedAt) {
        try {
            return CompletableFuture.supplyAsync(() -> range(partition, damagedAt), workers);
        } catch (RejectedExecutionException ended) {
            return CompletableFuture.failedFuture(ended);
        }
    }

    /** What cannot be mended must not keep the replica from having all that is new. */
    private static void end(Partition partition, long damagedAt, Throwable failure) {
        Throwable cause = failure instanceof CompletionException wrapper ? wrapper.getCause() : failure;
        boolean passes = cause instanceof BrokerException known && known.kind() == ErrorKind.UNAVAILABLE
                || cause instanceof LogDirectoryOfflineException;
        if (!passes) {
            partition.endHealing(damagedAt);
        } else {
            partition.putHealingOff();
        }
    }

    /** Empty: it is gone, with the records or by another replica's batches. */
    private static Optional<DamagedRange> range(Partition partition, long damagedAt) {
        try {
            return partition.log().damagedRange(damagedAt);
        } catch (OffsetOutOfRangeException gone) {
            LOG.log(Level.DEBUG, "the damaged record of {0} at offset {1} is not in the log any more", partition.id(),
                    Long.toString(damagedAt));
            return Optional.empty();
        }
    }

    private CompletableFuture<Long> mend(Partition partition, DamagedRange range) {
        if (range.from() >= partition.log().highWatermark()) {
            LOG.log(Level.WARNING, "{0}: cutting the log at offset {1}, where it is damaged and not known to be committed;"
                    + " what was there is fetched from the leader", partition.id(), Long.toString(range.from()));
            return partition.log().truncateTo(range.from(), Truncation.CLEAN);
        }
        if (range.to() > partition.log().highWatermark()) {
            return cutBelowWatermark(partition, range);
        }
        if (range.from() < partition.log().cleanedOffset()) {
            return fetchAnew(partition);
        }
        LOG.log(Level.WARNING, "{0}: the damaged records from offset {1} to {2} are fetched from the leader, and put in"
                + " their place", partition.id(), Long.toString(range.from()), Long.toString(range.to()));
        return fetch(partition, range, new ByteArrayOutputStream(), range.from())
                .thenCompose(batches -> batches.hasRemaining() ? partition.log().replaceRange(batches, workers)
                        : CompletableFuture.completedFuture(range.to()));
    }

    /** What the leader has not compacted yet may be deleted here by a tombstone that is gone: a part would bring it back. */
    private CompletableFuture<Long> fetchAnew(Partition partition) {
        return ask(partition, partition.log().logStartOffset()).thenComposeAsync(response -> {
            OptionalLong leadersStart = startBeyond(response);
            long first = leadersStart.isPresent() ? leadersStart.getAsLong() : firstOf(response, partition);
            return beginAnew(partition, first, "it was compacted, and is damaged there").thenApply(nothing -> first);
        }, workers);
    }

    /** What lies behind the watermark may not be the leader's: it is no replacement, but all of it is fetched anew. */
    private CompletableFuture<Long> cutBelowWatermark(Partition partition, DamagedRange range) {
        long mark = partition.log().highWatermark();
        LOG.log(Level.WARNING, "{0}: cutting the log at offset {1}: from there to {2} it is damaged, and only what is below"
                + " {3} of that is known to be committed; the leader has it, and all is fetched anew", partition.id(),
                Long.toString(range.from()), Long.toString(range.to()), Long.toString(mark));
        return ask(partition, range.from()).thenComposeAsync(response -> {
            OptionalLong leadersStart = startBeyond(response);
            if (leadersStart.isPresent()) {
                return deleted(partition, leadersStart.getAsLong()).thenApply(nothing -> range.to());
            }
            long first = firstOf(response, partition);
            return range.from() < partition.log().logStartOffset() ? beginAnew(partition, first).thenApply(nothing -> first)
                    : partition.log().truncateTo(range.from(), Truncation.DAMAGED);
        }, workers);
    }

    /** Where the leader's first batch begins; without one nothing says that the leader has what is damaged here. */
    private static long firstOf(ReplicaFetchResponse response, Partition partition) {
        response.partitions().forEach(Healing::requireGiven);
        return response.partitions().stream().filter(answer -> answer.batches().hasRemaining())
                .mapToLong(answer -> RecordBatch.at(answer.batches()).baseOffset()).findFirst()
                .orElseThrow(() -> notNow(partition));
    }

    private CompletableFuture<ByteBuffer> fetch(Partition partition, DamagedRange range, ByteArrayOutputStream fetched,
                                                long next) {
        if (next >= range.to()) {
            return CompletableFuture.completedFuture(ByteBuffer.wrap(fetched.toByteArray()));
        } else if (fetched.size() > MAX_RANGE_BYTES) {
            return CompletableFuture.failedFuture(new IllegalStateException("more than " + MAX_RANGE_BYTES + " bytes of "
                    + partition.id() + " are damaged in one place: move its log away and restart the server, so that it is"
                    + " fetched anew as a whole"));
        }
        return ask(partition, next).thenComposeAsync(response -> {
            OptionalLong leadersStart = startBeyond(response);
            OptionalLong leadersFirst = next == range.from() ? firstBehind(response, next) : OptionalLong.empty();
            if (leadersStart.isPresent()) {
                return deleted(partition, leadersStart.getAsLong());
            } else if (leadersFirst.isPresent() && leadersFirst.getAsLong() <= partition.log().logStartOffset()) {
                return beginAnew(partition, leadersFirst.getAsLong());
            }
            return fetch(partition, range, fetched, take(response, range, fetched, next));
        }, workers);
    }

    private CompletableFuture<ReplicaFetchResponse> ask(Partition partition, long from) {
        int leader = partition.state().leaderToFollow().orElseThrow(() -> notNow(partition));
        Member member = brokers.member(leader).orElseThrow(() -> notNow(partition));
        Member self = brokers.membership().self();
        // No epoch: what is asked for lies within the leader's log, wherever the epochs of this one are damaged.
        return transport.fetch(member, new ReplicaFetchRequest(self.brokerId(), self.session(), 0, REQUEST_BYTES,
                List.of(new ReplicaFetchRequest.Partition(partition.id(), partition.topicId(),
                        partition.state().leaderEpoch(), Math.max(from, partition.log().logStartOffset()), NO_EPOCH))));
    }

    /** Where the leader's log starts, when that is behind what was asked for: it was deleted there, and goes here as well. */
    private static OptionalLong startBeyond(ReplicaFetchResponse response) {
        return response.partitions().stream().filter(answer -> answer.outcome() == Outcome.BELOW_START)
                .mapToLong(ReplicaFetchResponse.Partition::logStartOffset).findFirst();
    }

    /** Where the leader's first batch begins, when that is behind what was asked for. */
    private static OptionalLong firstBehind(ReplicaFetchResponse response, long next) {
        return response.partitions().stream().filter(answer -> answer.batches().hasRemaining())
                .mapToLong(answer -> RecordBatch.at(answer.batches()).baseOffset()).filter(first -> first > next).findFirst();
    }

    /**
     * The range begins before the log's start, with a batch that the leader has not any more: a part of it cannot take its
     * place, because a segment has no gap at its beginning.
     */
    private static CompletableFuture<ByteBuffer> beginAnew(Partition partition, long leadersFirst) {
        return beginAnew(partition, leadersFirst, "it is damaged at its start, where the leader has only a part");
    }

    private static CompletableFuture<ByteBuffer> beginAnew(Partition partition, long leadersFirst, String reason) {
        LOG.log(Level.WARNING, "{0}: the log begins anew at offset {1}, because {2}; all is fetched from the leader",
                partition.id(), Long.toString(leadersFirst), reason);
        return partition.log().beginAnew(leadersFirst, Truncation.DAMAGED).thenApply(start -> ByteBuffer.allocate(0));
    }

    private static CompletableFuture<ByteBuffer> deleted(Partition partition, long leadersStart) {
        return partition.log().advanceLogStart(Math.min(leadersStart, partition.log().logEndOffset()))
                .thenApply(start -> ByteBuffer.allocate(0));
    }

    private static BrokerException notNow(Partition partition) {
        return new BrokerException(ErrorKind.UNAVAILABLE, "partition " + partition.id()
                + " has no leader now from which it could be healed");
    }

    private static void requireGiven(ReplicaFetchResponse.Partition answer) {
        if (answer.outcome() == Outcome.FAILED || answer.outcome() == Outcome.DIVERGED) {
            throw new IllegalStateException("the leader of " + answer.id() + " cannot give what is damaged here: "
                    + answer.outcome());
        } else if (answer.outcome() != Outcome.OK) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the leader of " + answer.id() + " does not give what is"
                    + " damaged here now: " + answer.outcome());
        }
    }

    /** @return the offset behind what was taken */
    private static long take(ReplicaFetchResponse response, DamagedRange range, ByteArrayOutputStream fetched, long from) {
        long next = from;
        for (ReplicaFetchResponse.Partition answer : response.partitions()) {
            requireGiven(answer);
            for (RecordBatch given : RecordBatch.in(answer.batches())) {
                // Where the leader's log was compacted, an empty batch may reach over what is damaged here.
                boolean empty = given.recordCount() == 0 && given.baseOffset() < range.to() && given.lastOffset() >= next;
                RecordBatch batch = empty ? EmptyBatch.within(given, next, range.to()) : given;
                if (batch.baseOffset() != next || batch.lastOffset() >= range.to()) {
                    break;
                }
                ByteBuffer bytes = batch.buffer().duplicate();
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                fetched.write(copy, 0, copy.length);
                next = batch.lastOffset() + 1;
            }
        }
        if (next == from) {
            throw new IllegalStateException("the leader has no batches that fit the damaged records from offset "
                    + range.from() + " to " + range.to());
        }
        return next;
    }
}
