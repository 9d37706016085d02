package io.millrace.metadata;

import java.util.UUID;

/**
 * What tells a topic from another one of the same name, and how large it is.
 *
 * @param partitions their number, from 1
 */
public record TopicInfo(UUID id, int partitions) {
}
