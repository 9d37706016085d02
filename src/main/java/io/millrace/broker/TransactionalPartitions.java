package io.millrace.broker;

import io.millrace.broker.produce.EarlierTransactions;
import io.millrace.broker.produce.RecordRules;
import io.millrace.broker.produce.TransactionVerifier;
import io.millrace.log.AppendResult;
import io.millrace.log.InvalidTxnStateException;
import io.millrace.log.TransactionStart;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.EndTransactionMarker;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.Partition;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What coordinators of transactions ask of the leaders of partitions, and leaders of them. Thread-safe. */
public final class TransactionalPartitions {
    private final BrokerParts parts;

    TransactionalPartitions(BrokerParts parts) {
        this.parts = parts;
    }

    /**
     * From now on, {@linkplain #whereOneMayBegin where a transaction may begin}: until there is one, records of transactions are
     * refused with UNAVAILABLE.
     */
    public void verifyWith(TransactionVerifier verifier, EarlierTransactions earlier) {
        parts.appends.verifyWith(whereOneMayBegin(verifier, earlier));
    }

    /**
     * For partitions that this broker leads, also of internal topics: waits where the producer has an earlier transaction open whose
     * marker is on its way, as a commit is answered before, and refuses with INVALID_TXN_STATE where that was lost, and with
     * OVERLOADED where the producer is new and there is no room for it. The coordinator must not be asked to note the partition
     * then: it would get the marker of a transaction that has no records there, which would end the earlier one, or have the
     * producer known all the same.
     */
    public TransactionVerifier whereOneMayBegin(TransactionVerifier verifier, EarlierTransactions earlier) {
        return (transactionalId, producerId, epoch, partition) -> {
            PartitionLog log = parts.routes.led(partition.topic(), partition.partition()).log();
            Supplier<CompletableFuture<?>> verification = () -> room(log, producerId)
                    .thenCompose(room -> verifier.verify(transactionalId, producerId, epoch, partition));
            if (openBefore(log, producerId, epoch).isEmpty()) {
                return verification.get();
            }
            return earlier.awaitEnd(transactionalId, producerId, epoch).thenCompose(ended -> {
                openBefore(log, producerId, epoch).ifPresent(open -> {
                    throw BrokerErrors.translate(InvalidTxnStateException.ofEarlier(partition.toString(), producerId, open, epoch));
                });
                return verification.get();
            });
        };
    }

    /** The epoch of a producer's transaction that is open there, where that is an earlier one. */
    private static Optional<Short> openBefore(PartitionLog log, long producerId, short epoch) {
        return log.transactions().openOf(producerId).map(TransactionStart::epoch).filter(open -> open < epoch);
    }

    private CompletableFuture<Void> room(PartitionLog log, long producerId) {
        CompletableFuture<Void> room = log.directory().requireRoom(log, producerId);
        return room.isDone() ? room : parts.continuations.offWriter(room);
    }

    /**
     * As {@link Broker#append}, for batches that are part of a transaction.
     *
     * @param acks  for any but all it fails with INVALID_REQUEST
     * @param rules which of the topic's they are held against
     * @return fails with INVALID_BATCH when the batches are part of none; and with what {@link TransactionVerifier} fails with
     */
    public CompletableFuture<AppendResult> append(String topic, int partition, ByteBuffer batches, Acks acks, RecordRules rules,
                                                  String transactionalId) {
        try {
            return parts.appends.append(parts.writable(topic, partition), batches, acks, rules, transactionalId);
        } catch (RuntimeException | OutOfMemoryError failure) {
            return CompletableFuture.failedFuture(BrokerErrors.outcome(failure));
        }
    }

    /** See {@link HostedPartitions#openSince}. */
    public Map<TopicPartition, List<TransactionStart>> openSince(long sinceMs) {
        return parts.hosted.openSince(sinceMs);
    }

    /**
     * The transactions that are open in a partition that this broker leads. May block for a moment.
     *
     * @throws BrokerException NOT_LEADER, UNKNOWN_TOPIC, UNKNOWN_PARTITION
     */
    public List<TransactionStart> open(TopicPartition partition) {
        Partition led = parts.routes.led(partition.topic(), partition.partition());
        led.requireLeadership();
        return led.log().transactions().openSince(Long.MAX_VALUE);
    }

    /**
     * Writes a marker into a partition that this broker leads, also of an internal topic; unless the producer is known there
     * with its epoch or a later one, as it is once it was written, or has an earlier transaction open, which it must not end. May
     * block for a moment.
     *
     * @param epoch of the producer from now on: one above that of the transaction's records
     * @return completes when it is committed, now or before; fails with NOT_COMMITTED, NOT_LEADER, NOT_ENOUGH_REPLICAS, OVERLOADED,
     *         UNAVAILABLE, LOG_DIRECTORY_OFFLINE: it is to be sent again then; with UNKNOWN_TOPIC, UNKNOWN_PARTITION: it is
     *         certain that there is no such partition
     */
    public CompletableFuture<AppendResult> end(TopicPartition partition, long producerId, short epoch, EndTransactionMarker marker) {
        try {
            return parts.continuations.offWriter(parts.routes.led(partition.topic(), partition.partition()).appends()
                    .endTransaction(producerId, epoch, marker, parts.clock.millis(), parts.commitNanos));
        } catch (RuntimeException | OutOfMemoryError failure) {
            return CompletableFuture.failedFuture(BrokerErrors.outcome(failure));
        }
    }
}
