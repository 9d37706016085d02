package io.millrace.group.offsets;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.TopicInfo;
import io.millrace.replica.hosting.ReadMemory;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What groups need of the log: which topics there are, and their records, wherever those are led. */
public interface GroupLog {
    /** As this broker last saw them, by name; not blocking. */
    Map<String, TopicInfo> topics();

    /** Grows with every change of the topics. */
    long revision();

    /**
     * Sees a topic as it is now. Blocks.
     *
     * @throws io.millrace.metadata.BrokerException UNAVAILABLE
     */
    void refresh(String topic);

    /** As {@link io.millrace.broker.Broker#fetchAll(FetchAllRequest, ReadMemory)}; cancel the future to give it up. */
    CompletableFuture<FetchAllResult> fetch(FetchAllRequest request, ReadMemory memory);

    /** As above, for what takes next to no memory. */
    default CompletableFuture<FetchAllResult> fetch(FetchAllRequest request) {
        return fetch(request, ReadMemory.UNBOUNDED);
    }
}
