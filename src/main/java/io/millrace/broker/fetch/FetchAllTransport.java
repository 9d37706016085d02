package io.millrace.broker.fetch;

import io.millrace.agreement.Member;
import io.millrace.replica.follower.ReplicaTransport;
import io.millrace.replica.hosting.ReadMemory;
import java.util.concurrent.CompletableFuture;

/** How partitions that another broker leads are read, several at once. Futures as those of {@link ReplicaTransport}. */
public interface FetchAllTransport {
    /**
     * Reads several partitions that another broker leads, as {@link LocalFetchAll} does there.
     *
     * @param memory of this fetch alone: what comes is taken of it before it is held, and given back unless it is in the
     *               result
     * @return fails only when nothing is known of any of them; OVERLOADED or RECORD_TOO_LARGE, too, when the memory is
     *         not granted
     */
    CompletableFuture<FetchAllResult> fetchAll(Member leader, FetchAllRequest request, ReadMemory memory);
}
