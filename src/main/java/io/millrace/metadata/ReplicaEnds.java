package io.millrace.metadata;

import io.millrace.agreement.Member;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** How the controller asks brokers how far their replicas reach. */
public interface ReplicaEnds {
    /** Most partitions of one question. */
    int MOST = 1_000;

    /**
     * Asks another broker, or this one.
     *
     * @param topicId    of the very topic
     * @param partitions at most {@link #MOST} numbers
     * @return of those of its replicas that it has and can use. Fails with {@link BrokerException}, UNAVAILABLE when the
     *         other broker cannot be reached or does not answer in time. May complete on any thread
     */
    CompletableFuture<List<ReplicaEnd>> replicaEnds(Member broker, String topic, UUID topicId, List<Integer> partitions);
}
