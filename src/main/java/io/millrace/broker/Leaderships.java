package io.millrace.broker;

import io.millrace.agreement.Member;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.metadata.topics.Topics;
import io.millrace.replica.Replication;
import io.millrace.replica.Routes;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.Leadership;
import io.millrace.replica.hosting.Partition;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Which partitions of internal topics this broker leads, now and as that changes, for who is to lead with them what is in
 * them. Thread-safe.
 */
public final class Leaderships {
    private final Topics topics;
    private final TopicCatalog catalog;
    private final HostedPartitions hosted;
    private final Replication replication;
    private final Routes routes;
    private final AgreementCalls calls;

    Leaderships(Topics topics, TopicCatalog catalog, HostedPartitions hosted, Replication replication, Routes routes,
                AgreementCalls calls) {
        this.topics = topics;
        this.catalog = catalog;
        this.hosted = hosted;
        this.replication = replication;
        this.routes = routes;
        this.calls = calls;
    }

    /** Of an internal topic, as this broker last read it; 0 when there is none, as far as is known. Never blocks. */
    public int partitionCount(String topic) {
        return catalog.find(topic).map(CachedTopic::partitionCount).orElse(0);
    }

    /**
     * As {@link #partitionCount}, for who relies on it that there is none.
     *
     * @throws BrokerException UNAVAILABLE when there was one, which was not deleted and may come back
     */
    public int certainPartitionCount(String topic) {
        try {
            return catalog.get(topic).partitionCount();
        } catch (BrokerException none) {
            if (none.kind() == ErrorKind.UNKNOWN_TOPIC) {
                return 0;
            }
            throw none;
        }
    }

    /**
     * Creates an internal topic where nobody has yet. Blocks, for some seconds at most.
     *
     * @throws BrokerException UNAVAILABLE while it cannot be, or could not be in time; LOG_DIRECTORY_OFFLINE
     */
    public void create(InternalTopic topic) {
        calls.awaitLonger("ensure/" + topic.name(), () -> topics.ensure(topic));
    }

    /** The present leadership of this broker; empty when it does not lead, as far as it knows. Never blocks. */
    public Optional<Leadership> of(String topic, int partition) {
        return here(topic, partition).flatMap(found -> found.leadership());
    }

    private Optional<Partition> here(String topic, int partition) {
        return catalog.find(topic)
                .flatMap(known -> Optional.ofNullable(hosted.find(new TopicPartition(topic, partition), known.id())));
    }

    /**
     * Whether this broker leads in the place of the preferred leader, which could lead by now: of internal topics a leader
     * gives that back by itself, when it has handed over what it has in memory. Never blocks.
     */
    public boolean isBorrowed(String topic, int partition) {
        return here(topic, partition).filter(replication::isBorrowed).isPresent();
    }

    /** Gives it back. Blocks. @throws BrokerException UNAVAILABLE */
    public void giveBack(String topic, int partition) {
        here(topic, partition).ifPresent(replication::giveBack);
    }

    /** See {@link Broker#remoteLeader}. */
    public Optional<Member> remoteLeader(String topic, int partition) {
        return routes.remoteLeader(topic, partition);
    }

    /** See {@link Replication#listen}. */
    public AutoCloseable listen(Consumer<TopicPartition> changed) {
        return replication.listen(changed);
    }
}
