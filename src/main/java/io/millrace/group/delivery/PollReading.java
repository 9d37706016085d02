package io.millrace.group.delivery;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What reading several partitions for a poll has brought.
 *
 * @param records    partitions with records, in the order in which they were read
 * @param outOfRange partitions whose log does not have the offset any more
 * @param overloaded why there was no memory to read into, or null
 * @param lasting    a failure that does not go away by itself, or null
 * @param failed     whether any partition could not be read
 */
record PollReading(LinkedHashMap<TopicIdPartition, FetchAllResult.Part> records, Set<TopicIdPartition> outOfRange,
                   BrokerException overloaded, BrokerException lasting, boolean failed) {
    /** @param readable what the member may be given by now */
    static PollReading of(Map<TopicIdPartition, FetchAllResult.Part> result, Collection<TopicIdPartition> readable) {
        LinkedHashMap<TopicIdPartition, FetchAllResult.Part> records = new LinkedHashMap<>();
        Set<TopicIdPartition> outOfRange = new HashSet<>();
        BrokerException overloaded = null;
        BrokerException lasting = null;
        boolean failed = false;
        for (Map.Entry<TopicIdPartition, FetchAllResult.Part> each : result.entrySet()) {
            FetchAllResult.Part part = each.getValue();
            if (part.failure() != null) {
                failed = true;
                if (part.failure().kind() == ErrorKind.OVERLOADED) {
                    overloaded = part.failure();
                }
                if (part.failure().kind() == ErrorKind.OFFSET_OUT_OF_RANGE) {
                    outOfRange.add(each.getKey());
                } else if (!isPassing(part.failure().kind())) {
                    lasting = part.failure();
                }
            } else if (part.result().nextOffset() > part.result().offset() && readable.contains(each.getKey())) {
                records.put(each.getKey(), part);
            }
        }
        return new PollReading(records, outOfRange, overloaded, lasting, failed);
    }

    /** Whether such a failure goes away by itself, so that a consumer waits for it as it waits for records. */
    private static boolean isPassing(ErrorKind kind) {
        return switch (kind) {
            case NOT_LEADER, UNAVAILABLE, OVERLOADED, UNKNOWN_TOPIC, UNKNOWN_TOPIC_ID, UNKNOWN_PARTITION -> true;
            default -> false;
        };
    }
}
