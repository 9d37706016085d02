package io.millrace.broker;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Logs found at the start that belong to no topic and that nobody is known to have deleted. They are left alone, and
 * no topic takes their name, so that they are not mistaken later for what is left of a deleted one.
 */
final class StrayLogs {
    private static final System.Logger LOG = System.getLogger(StrayLogs.class.getName());

    private final Map<String, Path> rootByTopic = new ConcurrentHashMap<>();

    void add(TopicPartition id, UUID topicId, Path root) {
        LOG.log(Level.WARNING, "the log {0} in {1} belongs to no topic (topic id {2}) and is left alone:"
                + " move it away if it is not needed", id, root, topicId);
        rootByTopic.put(id.topic(), root);
    }

    /** @throws BrokerException TOPIC_EXISTS */
    void checkNone(String topic) {
        Path root = rootByTopic.get(topic);
        if (root != null) {
            throw new BrokerException(ErrorKind.TOPIC_EXISTS,
                    ("log directory %s holds logs of an earlier topic '%s' that was not deleted here:"
                            + " move them away and restart the server, or choose another name").formatted(root, topic));
        }
    }
}
