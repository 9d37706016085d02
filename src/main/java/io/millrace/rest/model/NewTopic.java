package io.millrace.rest.model;

import java.util.Map;

/**
 * A topic to create.
 *
 * @param partitionsCount   null: the server's default
 * @param replicationFactor null: the server's default
 * @param configs           topic configuration by key, or null
 */
public record NewTopic(String topicName, Integer partitionsCount, Integer replicationFactor,
                       Map<String, String> configs) {
}
