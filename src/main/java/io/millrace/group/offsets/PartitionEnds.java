package io.millrace.group.offsets;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Asks the leaders where partitions begin and end. Thread-safe. */
public final class PartitionEnds {
    private final GroupLog log;

    public PartitionEnds(GroupLog log) {
        this.log = log;
    }

    /** Resolves the same position in each partition; of those whose leader is not there, why. */
    public CompletableFuture<SortedMap<TopicIdPartition, FetchAllResult.Part>> resolve(
            Collection<TopicIdPartition> partitions, FetchPosition position) {
        return resolve(partitions, position, IsolationLevel.READ_UNCOMMITTED);
    }

    /** As it is for a reader of that isolation level. */
    public CompletableFuture<SortedMap<TopicIdPartition, FetchAllResult.Part>> resolve(
            Collection<TopicIdPartition> partitions, FetchPosition position, IsolationLevel isolation) {
        return fetch(partitions.stream().collect(Collectors.toMap(Function.identity(), each -> position)), isolation, 0);
    }

    /** Where each partition ends, which also tells where it begins; none where nobody answers. */
    public CompletableFuture<Map<TopicIdPartition, FetchResult>> known(Collection<TopicIdPartition> partitions) {
        return resolve(partitions, new FetchPosition.Latest()).thenApply(parts -> {
            Map<TopicIdPartition, FetchResult> ends = new HashMap<>();
            parts.forEach((partition, part) -> {
                if (part.result() != null) {
                    ends.put(partition, part.result());
                }
            });
            return ends;
        });
    }

    /** @param maxBytes 0: positions are resolved, and nothing is read */
    CompletableFuture<SortedMap<TopicIdPartition, FetchAllResult.Part>> fetch(Map<TopicIdPartition, FetchPosition> where,
                                                                              int maxBytes) {
        return fetch(where, IsolationLevel.READ_UNCOMMITTED, maxBytes);
    }

    private CompletableFuture<SortedMap<TopicIdPartition, FetchAllResult.Part>> fetch(Map<TopicIdPartition, FetchPosition> where,
                                                                              IsolationLevel isolation, int maxBytes) {
        TreeMap<TopicIdPartition, FetchAllResult.Part> found = new TreeMap<>();
        if (where.isEmpty()) {
            return CompletableFuture.completedFuture(found);
        }
        List<TopicIdPartition> asked = where.keySet().stream().sorted().toList();
        List<FetchAllRequest.Part> parts = asked.stream().map(each -> new FetchAllRequest.Part(each, where.get(each))).toList();
        return log.fetch(new FetchAllRequest(parts, isolation, 0, maxBytes, 0)).thenApply(result -> {
            for (int i = 0; i < asked.size(); i++) {
                found.put(asked.get(i), result.parts().get(i));
            }
            return found;
        });
    }
}
