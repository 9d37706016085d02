package io.millrace.replica;

import io.millrace.agreement.Member;
import io.millrace.broker.Broker;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.Partition;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Finds partitions: here, or at the broker that leads them. When what was last read does not fit the request, the
 * topic's register is read again first, because another broker may have changed it just now; that blocks, not for long.
 */
public final class Routes {
    private final boolean alone;
    private final TopicCatalog catalog;
    private final HostedPartitions hosted;
    private final BrokerRegistry brokers;

    public Routes(boolean alone, TopicCatalog catalog, HostedPartitions hosted, BrokerRegistry brokers) {
        this.alone = alone;
        this.catalog = catalog;
        this.hosted = hosted;
        this.brokers = brokers;
    }

    /** @throws BrokerException UNKNOWN_TOPIC */
    public CachedTopic topic(String name) {
        return topic(name, 0, null, new HashSet<>());
    }

    private CachedTopic topic(String name, int partition, UUID topicId, Set<TopicStore.Part> refreshed) {
        boolean fits = catalog.find(name).filter(topic -> partition < topic.partitionCount() && isMeant(topic, topicId))
                .isPresent();
        if (!fits && TopicName.isLegal(name)) {
            refresh(name, partition, refreshed);
        }
        return meant(name, topicId);
    }

    private static boolean isMeant(CachedTopic topic, UUID topicId) {
        return topicId == null || topicId.equals(topic.id());
    }

    private CachedTopic meant(String name, UUID topicId) {
        CachedTopic known = catalog.get(name);
        if (!isMeant(known, topicId)) {
            throw BrokerErrors.unknownTopicId(name);
        }
        return known;
    }

    /** A partition that this broker leads, or should. */
    public Partition led(String topic, int partition) {
        return led(topic, partition, null, new HashSet<>());
    }

    /**
     * As {@link #led(String, int)}, for one of several partitions of a request.
     *
     * @param topicId   of the very topic that is meant, or null; of another one: UNKNOWN_TOPIC_ID
     * @param refreshed what was read again for the request, which is done once for each; added to
     */
    public Partition led(String topic, int partition, UUID topicId, Set<TopicStore.Part> refreshed) {
        CachedTopic known = topic(topic, partition, topicId, refreshed);
        checkPartition(known, partition);
        Partition found = hosted.find(new TopicPartition(topic, partition), known.id());
        if (!alone && (found == null || !found.state().isLeading())) {
            refresh(topic, partition, refreshed);
            known = meant(topic, topicId);
            checkPartition(known, partition);
            if (!known.isHostedBy(hosted.brokerId(), partition)) {
                throw new BrokerException(ErrorKind.NOT_LEADER, "broker %d has no replica of partition %s-%d: ask its"
                        .formatted(hosted.brokerId(), topic, partition) + " leader");
            }
        }
        return hosted.get(topic, partition, known.id());
    }

    /** The broker that leads a partition, when it is another one; see {@link Broker#remoteLeader}. */
    public Optional<Member> remoteLeader(String topic, int partition) {
        return remoteLeader(topic, partition, null, new HashSet<>());
    }

    /** @param refreshed with the topic's id as for {@link #led(String, int, UUID, Set)} */
    public Optional<Member> remoteLeader(String topic, int partition, UUID topicId, Set<TopicStore.Part> refreshed) {
        CachedTopic known = topic(topic, partition, topicId, refreshed);
        checkPartition(known, partition);
        return remoteLeader(known, partition);
    }

    public Optional<Member> remoteLeader(CachedTopic topic, int partition) {
        int leader = topic.topic().partitions().get(partition).leader();
        if (alone || leader == hosted.brokerId()) {
            return Optional.empty();
        }
        return Optional.of(brokers.member(leader).orElseThrow(() -> new BrokerException(ErrorKind.NOT_LEADER,
                "partition %s-%d has no leader now%s: try again in a moment".formatted(topic.name(), partition,
                        leader < 0 ? ", because no in-sync replica is up" : "; broker " + leader + " led it last"))));
    }

    public boolean isWritable(CachedTopic topic, int partition) {
        int leader = topic.topic().partitions().get(partition).leader();
        return leader == hosted.brokerId() || alone ? hosted.isWritable(topic.name(), partition)
                : brokers.member(leader).isPresent();
    }

    /** What another broker knows better of partitions is read again, soon. */
    public void refreshSoon(Collection<TopicPartition> moved) {
        moved.stream().map(catalog::part).distinct().forEach(catalog::refreshSoon);
    }

    private void refresh(String topic, int partition, Set<TopicStore.Part> refreshed) {
        if (!alone && refreshed.add(catalog.part(new TopicPartition(topic, partition)))) {
            catalog.awaitRefresh(topic, partition);
        }
    }

    private static void checkPartition(CachedTopic topic, int partition) {
        if (partition < 0 || partition >= topic.partitionCount()) {
            throw BrokerErrors.unknownPartition(topic.name(), partition, topic.partitionCount());
        }
    }
}
