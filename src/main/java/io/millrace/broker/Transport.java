package io.millrace.broker;

import io.millrace.cluster.Member;
import io.millrace.log.AppendResult;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * How this broker reaches another one. Futures fail with {@link BrokerException}, UNAVAILABLE when the other one cannot
 * be reached or does not answer in time: what was asked may have been done then. They may complete on any thread.
 */
public interface Transport {
    /** Asks a leader for what a follower lacks. */
    CompletableFuture<ReplicaFetchResponse> fetch(Member leader, ReplicaFetchRequest request);

    /**
     * Reads several partitions that another broker leads, as {@link Broker#fetchAllHere} does there.
     *
     * @param memory of this fetch alone: what comes is taken of it before it is held, and given back unless it is in the result
     * @return fails only when nothing is known of any of them; OVERLOADED or RECORD_TOO_LARGE, too, when the memory is not granted
     */
    CompletableFuture<FetchAllResult> fetchAll(Member leader, FetchAllRequest request, ReadMemory memory);

    /** Appends record batches to a partition that another broker leads; that one does not pass them on. */
    CompletableFuture<AppendResult> append(Member leader, String topic, int partition, ByteBuffer batches, Acks acks);
}
