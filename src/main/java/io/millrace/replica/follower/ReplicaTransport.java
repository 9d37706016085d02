package io.millrace.replica.follower;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import java.util.concurrent.CompletableFuture;

/**
 * How a follower reaches its leader. Futures fail with {@link BrokerException}, UNAVAILABLE when the other broker cannot
 * be reached or does not answer in time. They may complete on any thread.
 */
public interface ReplicaTransport {
    /** Asks a leader for what a follower lacks. */
    CompletableFuture<ReplicaFetchResponse> fetch(Member leader, ReplicaFetchRequest request);
}
