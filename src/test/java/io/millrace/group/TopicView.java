package io.millrace.group;

import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.util.Map;

/** The topics that simulated consumers read, as they are at this moment. */
interface TopicView {
    /** By name. */
    Map<String, TopicInfo> topics();

    /** Of each partition, the offset behind its last record; {@link Long#MAX_VALUE} while that cannot be known. */
    Map<TopicPartition, Long> ends();
}
