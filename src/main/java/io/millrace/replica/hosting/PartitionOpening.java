package io.millrace.replica.hosting;

import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.topics.CachedTopic;
import java.lang.System.Logger.Level;
import java.util.UUID;
import java.util.concurrent.Executor;

/** Opens the logs of partitions that this broker hosts, or says why one cannot be opened. Thread-safe. */
final class PartitionOpening {
    private static final System.Logger LOG = System.getLogger(PartitionOpening.class.getName());

    private final ReplicaContext context;
    private final Executor wakers;

    /** @param wakers run what waits for a partition to change */
    PartitionOpening(ReplicaContext context, Executor wakers) {
        this.context = context;
        this.wakers = wakers;
    }

    /** A log that cannot be opened makes only its partition unavailable. */
    PartitionSlot open(CachedTopic topic, TopicPartition id, LogDirectory home) {
        try {
            return opened(topic, id, home);
        } catch (RuntimeException failure) {
            LOG.log(Level.ERROR, "the log of partition " + id + " in " + home.root() + " could not be opened", failure);
            return unavailable(id, topic.id(), home, failure);
        }
    }

    /** As {@link #open}, of one that could not be opened before: only another reason than that is worth a word. */
    PartitionSlot openAgain(CachedTopic topic, UnavailablePartition broken) {
        try {
            Partition working = opened(topic, broken.id(), broken.home());
            LOG.log(Level.INFO, "partition {0} is available", broken.id());
            return working;
        } catch (RuntimeException still) {
            String reason = unavailable(broken.id(), broken.topicId(), broken.home(), still).reason();
            boolean isKnown = reason.equals(broken.reason());
            LOG.log(isKnown ? Level.DEBUG : Level.ERROR, "partition " + broken.id() + " is still not available", still);
            return new UnavailablePartition(broken.id(), broken.topicId(), broken.home(), broken.kind(), reason);
        }
    }

    private static UnavailablePartition unavailable(TopicPartition id, UUID topicId, LogDirectory home,
                                                    RuntimeException failure) {
        RuntimeException translated = BrokerErrors.translate(failure);
        ErrorKind kind = translated instanceof BrokerException known ? known.kind() : ErrorKind.LOG_DIRECTORY_OFFLINE;
        return new UnavailablePartition(id, topicId, home, kind, String.valueOf(translated.getMessage()));
    }

    private Partition opened(CachedTopic topic, TopicPartition id, LogDirectory home) {
        TopicConfig config = topic.usableConfig();
        PartitionLog log = home.openReplicated(topic.name(), id.partition(), topic.id(), config.log(), leaderEpoch(topic, id));
        return new Partition(id, topic.id(), log, config, context, wakers);
    }

    private static int leaderEpoch(CachedTopic topic, TopicPartition id) {
        return topic.topic().partitions().get(id.partition()).leaderEpoch();
    }
}
