package io.millrace.broker;

import io.millrace.agreement.Member;
import io.millrace.broker.fetch.FetchAllTransport;
import io.millrace.log.AppendResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ReplicaEnds;
import io.millrace.replica.follower.ReplicaTransport;
import io.millrace.replica.hosting.Acks;
import io.millrace.tracing.TraceSpan;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * How this broker reaches another one. Futures fail with {@link BrokerException}, UNAVAILABLE when the other one cannot
 * be reached or does not answer in time: what was asked may have been done then. They may complete on any thread.
 */
public interface Transport extends ReplicaTransport, FetchAllTransport, ReplicaEnds {
    /**
     * Appends record batches to a partition that another broker leads; that one does not pass them on, and holds them against no
     * rule of the topic: this broker did when it accepted the records.
     *
     * @param transactionalId of the transaction that they are part of, or null
     * @param span            goes on there
     */
    CompletableFuture<AppendResult> append(Member leader, String topic, int partition, ByteBuffer batches, Acks acks,
                                           String transactionalId, TraceSpan span);
}
