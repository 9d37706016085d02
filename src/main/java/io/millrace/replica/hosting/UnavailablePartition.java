package io.millrace.replica.hosting;

import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.UUID;

/**
 * A hosted partition whose log could not be opened: its requests get the reason, the other partitions do not suffer.
 *
 * @param home where its log is, or would be; null when that is not known
 */
record UnavailablePartition(TopicPartition id, UUID topicId, LogDirectory home, ErrorKind kind, String reason)
        implements PartitionSlot {
    BrokerException exception() {
        return new BrokerException(kind, "partition %d of topic '%s' is not available on this broker: %s"
                .formatted(id.partition(), id.topic(), reason));
    }
}
