package io.millrace.broker.produce;

import io.millrace.log.AppendResult;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.BatchValidator;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.TransactionalAppend;
import io.millrace.tracing.TraceSpan;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/** Brings records to the logs: what was accumulated here, or raw batches as they came. Thread-safe. */
public final class Appends {
    private static final long UNKNOWN_OFFSET = -1;

    private final ContinuationExecutor continuations;
    private final BrokerObserver observer;
    private final int maxUncompressedBytes;
    private final long commitNanos;
    private final Clock clock;
    /** Set once, when the coordinators of transactions can be asked. */
    private volatile TransactionVerifier verifier = Appends::notYet;

    /** Where one partition's records go. */
    public sealed interface Target permits Local, Remote {
    }

    /** To a partition that this broker leads. */
    public record Local(Partition partition) implements Target {
    }

    /** To another broker. @param append is told the span that it is part of */
    public record Remote(BiFunction<ByteBuffer, TraceSpan, CompletableFuture<AppendResult>> append) implements Target {
    }

    /** @param commitNanos how long acks=all waits for the in-sync replicas, in ns */
    public Appends(ContinuationExecutor continuations, BrokerObserver observer, int maxUncompressedBytes, long commitNanos, Clock clock) {
        this.continuations = continuations;
        this.observer = observer;
        this.maxUncompressedBytes = maxUncompressedBytes;
        this.commitNanos = commitNanos;
        this.clock = clock;
    }

    /** From now on. */
    public void verifyWith(TransactionVerifier transactionVerifier) {
        verifier = transactionVerifier;
    }

    private static CompletableFuture<?> notYet(String transactionalId, long producerId, short epoch, TopicPartition partition) {
        throw new BrokerException(ErrorKind.UNAVAILABLE, "the server is starting: try again in a moment");
    }

    /**
     * Appends raw batches to one partition.
     *
     * @param rules           which of the topic's they are held against
     * @param transactionalId of the transaction that they are part of, or null
     * @throws RuntimeException of the log or the broker, when nothing was queued
     */
    public CompletableFuture<AppendResult> append(Partition partition, ByteBuffer bytes, Acks acks, RecordRules rules,
                                                  String transactionalId) {
        if (bytes.isReadOnly()) {
            throw new IllegalArgumentException("the log writes offsets into the batches: give it a buffer to write to");
        }
        List<RecordBatch> batches = BatchValidator.validate(bytes,
                new BatchValidator.Limits(rules == RecordRules.KEPT ? Integer.MAX_VALUE : partition.config().maxMessageBytes(),
                        rules == RecordRules.KEPT ? Integer.MAX_VALUE : maxUncompressedBytes),
                rules == RecordRules.KEPT ? BatchValidator.Rules.NONE : new BatchValidator.Rules(partition.config().timestamps(),
                        partition.config().isCompacted(), clock.millis()));
        List<ByteBuffer> buffers = new ArrayList<>(batches.size());
        long records = 0;
        for (RecordBatch batch : batches) {
            buffers.add(batch.buffer());
            records += batch.recordCount();
        }
        checkTransaction(batches.get(0), acks, transactionalId);
        CompletableFuture<AppendResult> appended = append(partition, buffers, records, acks, transactionalId);
        return acks == Acks.NONE
                ? CompletableFuture.completedFuture(new AppendResult(UNKNOWN_OFFSET, UNKNOWN_OFFSET, UNKNOWN_OFFSET))
                : continuations.offWriter(appended);
    }

    private static void checkTransaction(RecordBatch first, Acks acks, String transactionalId) {
        if (first.isTransactional() && transactionalId == null) {
            throw new BrokerException(ErrorKind.INVALID_BATCH, "the batches are part of a transaction: name its transactional id with"
                    + " them");
        } else if (!first.isTransactional() && transactionalId != null) {
            throw new BrokerException(ErrorKind.INVALID_BATCH, "the batches are part of no transaction, although the transactional id"
                    + " '" + transactionalId + "' came with them: mark them as transactional, or leave it out");
        }
        checkAcks(acks, transactionalId);
    }

    private static void checkAcks(Acks acks, String transactionalId) {
        if (transactionalId != null && acks != Acks.ALL) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "records of a transaction are written with acks=all only: what is"
                    + " committed must not get lost");
        }
    }

    /**
     * Appends what was accumulated, one append for each partition. The future fails when nothing at all was appended.
     *
     * @param targets of the partitions that were touched, in their order: all are known before the first is written
     * @throws RuntimeException of the log or the broker, when nothing was queued
     */
    public CompletableFuture<ProduceResult> produce(RecordAccumulator records, List<Target> targets, Acks acks) {
        checkAcks(acks, records.transactionalId());
        records.takeOver();
        List<PartitionBatches> touched = records.touched();
        Produced produced = new Produced(records);
        CompletableFuture<ProduceResult> result = new CompletableFuture<>();
        if (touched.isEmpty()) {
            result.complete(produced);
        }
        for (int slot = 0; slot < targets.size(); slot++) {
            produce(slot, targets.get(slot), records, produced, result, acks);
        }
        if (acks == Acks.NONE) {
            result.complete(produced);
        }
        return result;
    }

    private void produce(int slot, Target target, RecordAccumulator records, Produced produced,
                         CompletableFuture<ProduceResult> result, Acks acks) {
        PartitionBatches batches = records.touched().get(slot);
        TraceSpan span = records.span().append(records.topic(), batches.partition(), acks.name());
        span.records(batches.recordCount());
        CompletableFuture<AppendResult> appended;
        try {
            if (target instanceof Remote remote) {
                appended = remote.append().apply(concatenated(batches.build()), span);
            } else {
                appended = append(((Local) target).partition(), batches.build(), batches.recordCount(), acks,
                        records.transactionalId());
            }
        } catch (RuntimeException refused) {
            span.fail(refused);
            if (slot == 0) {
                throw refused;
            }
            if (produced.failed(slot, BrokerErrors.asBrokerException("the append", refused))) {
                continuations.execute(() -> finish(produced, result));
            }
            return;
        }
        span.endWith(appended);
        if (acks == Acks.NONE) {
            return;
        }
        appended.whenComplete((offsets, failure) -> {
            boolean last = failure == null ? produced.appended(slot, offsets.baseOffset())
                    : produced.failed(slot, BrokerErrors.asBrokerException("the append", failure));
            if (last) {
                continuations.execute(() -> finish(produced, result));
            }
        });
    }

    private static ByteBuffer concatenated(List<ByteBuffer> batches) {
        if (batches.size() == 1) {
            return batches.get(0);
        }
        ByteBuffer all = ByteBuffer.allocate(batches.stream().mapToInt(ByteBuffer::remaining).sum());
        batches.forEach(batch -> all.put(batch.duplicate()));
        return all.flip();
    }

    private static void finish(Produced produced, CompletableFuture<ProduceResult> result) {
        BrokerException failure = produced.totalFailure();
        if (failure == null) {
            result.complete(produced);
        } else {
            result.completeExceptionally(failure);
        }
    }

    private CompletableFuture<AppendResult> append(Partition partition, List<ByteBuffer> batches, long records,
                                                   Acks acks, String transactionalId) {
        long bytes = batches.stream().mapToLong(ByteBuffer::remaining).sum();
        CompletableFuture<AppendResult> append = transactionalId == null ? partition.appends().append(batches, acks, commitNanos)
                : partition.appends().append(batches, transaction(partition, batches.get(0), transactionalId), commitNanos);
        return append.thenApply(appended -> {
            if (appended.isRepetition()) {
                observer.repeated(partition.topic(), records);
            } else {
                observer.produced(partition.topic(), records, bytes);
            }
            return appended;
        });
    }

    private TransactionalAppend transaction(Partition partition, ByteBuffer batch, String transactionalId) {
        long producerId = RecordBatch.producerIdAt(batch, batch.position());
        short epoch = RecordBatch.producerEpochAt(batch, batch.position());
        return new TransactionalAppend(transactionalId, producerId, epoch,
                () -> verifier.verify(transactionalId, producerId, epoch, partition.id()));
    }
}
