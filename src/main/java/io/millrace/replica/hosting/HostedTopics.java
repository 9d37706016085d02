package io.millrace.replica.hosting;

import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.LocalReplicas;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.replica.hosting.HostedPartitions.Removed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Brings the partitions that this broker hosts, and their logs, into line with topics that come, change and go. A topic's
 * change under that topic's lock, see {@link TopicCatalog}.
 */
public final class HostedTopics implements LocalReplicas {
    private final HostedPartitions hosted;
    private final List<LogDirectory> directories;
    private final Executor workers;
    private final PartitionOpening opening;
    private final CreatedLogs created;
    private final DroppedLogs dropped;
    private final Consumer<Roles> roles;

    /** What became of a topic's hosted partitions. */
    public record Roles(List<Partition> stay, List<Partition> gone) {
    }

    /**
     * @param workers open logs
     * @param wakers  run what waits for a partition to change
     * @param roles   is told after partitions have taken their roles
     */
    public HostedTopics(HostedPartitions hosted, LocalLogs logs, Executor workers, Executor wakers, ReplicaContext context,
                        Consumer<Roles> roles) {
        this.hosted = hosted;
        this.directories = logs.directories();
        this.workers = workers;
        this.opening = new PartitionOpening(context, wakers);
        this.created = logs.created();
        this.dropped = new DroppedLogs(logs.strays());
        this.roles = roles;
    }

    @Override
    public void checkRoom() {
        placement().next();
    }

    /** Where new partitions go. */
    private LogPlacement placement() {
        return new LogPlacement(directories, hosted.homes());
    }

    /** Opens or creates the logs of a topic that are not hosted yet, new ones where there is room. */
    @Override
    public void host(CachedTopic topic) {
        dropped.retry(topic.name());
        LogPlacement placement = placement();
        Map<TopicPartition, LogDirectory> homes = new HashMap<>();
        for (TopicPartition id : missing(topic)) {
            Optional<LogDirectory> taken = takeBack(id, topic.id());
            if (taken.isEmpty() && isLost(topic, id)) {
                hosted.hostLost(id, topic.id());
            } else {
                homes.put(id, taken.orElseGet(placement::next));
            }
        }
        host(List.of(topic), homes);
    }

    /** The log may have been set aside while its register was missing. */
    private Optional<LogDirectory> takeBack(TopicPartition id, UUID topicId) {
        if (!created.has(id.topic(), topicId, id.partition())) {
            return Optional.empty();
        }
        return directories.stream().filter(directory -> directory.failure() == null)
                .filter(directory -> directory.strays().stream().anyMatch(stray -> stray.topic().equals(id.topic())
                        && stray.partition() == id.partition() && topicId.equals(stray.topicId())
                        && directory.takeBack(stray))).findFirst();
    }

    /** Whether this broker counts as having all records of a partition whose log is not open. */
    public boolean isLost(CachedTopic topic, TopicPartition id) {
        return topic.topic().partitions().get(id.partition()).isr().contains(hosted.brokerId())
                && created.has(topic.name(), topic.id(), id.partition());
    }

    /** Opens or creates the logs of topics that are not hosted yet and have a home; errors become slots that say so. */
    public void host(List<CachedTopic> topics, Map<TopicPartition, LogDirectory> homes) {
        List<Runnable> openings = new ArrayList<>();
        for (CachedTopic topic : topics) {
            for (TopicPartition id : missing(topic)) {
                LogDirectory home = homes.get(id);
                if (home != null) {
                    openings.add(() -> hosted.put(home, opening.open(topic, id, home)));
                }
            }
        }
        SharedWork.run(openings, workers, Runtime.getRuntime().availableProcessors() - 1);
        topics.forEach(this::noteCreated);
    }

    private void noteCreated(CachedTopic topic) {
        List<Integer> working = new ArrayList<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            if (hosted.find(new TopicPartition(topic.name(), partition), topic.id()) != null) {
                working.add(partition);
            }
        }
        created.add(topic.name(), topic.id(), working);
    }

    /** The partitions of a topic that this broker should host and does not. */
    public List<TopicPartition> missing(CachedTopic topic) {
        List<TopicPartition> missing = new ArrayList<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            if (hosted.isMissing(topic, partition)) {
                missing.add(new TopicPartition(topic.name(), partition));
            }
        }
        return missing;
    }

    /**
     * Applies the topic's configuration to its open logs, and opens those that only a bad configuration kept closed.
     */
    @Override
    public void reconfigure(CachedTopic topic) {
        if (topic.invalid() != null) {
            return;
        }
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            TopicPartition id = new TopicPartition(topic.name(), partition);
            PartitionSlot slot = hosted.slot(id);
            if (slot instanceof Partition working) {
                working.reconfigure(topic.config());
                working.log().reconfigure(topic.config().log());
            } else if (slot instanceof UnavailablePartition closed && closed.kind() == ErrorKind.INVALID_CONFIG) {
                hosted.put(closed.home(), opening.open(topic, id, closed.home()));
            }
        }
    }

    /**
     * Makes sure that the partitions from this one on can be used.
     *
     * @throws BrokerException why one of them cannot
     */
    @Override
    public void checkAvailable(Topic topic, int firstPartition) {
        for (int partition = firstPartition; partition < topic.partitions().size(); partition++) {
            if (topic.partitions().get(partition).replicas().contains(hosted.brokerId())) {
                hosted.get(topic.name(), partition, topic.id());
            }
        }
    }

    /**
     * Ends the partitions of a topic.
     *
     * @param deleteLogs whether their files go too; else they are set aside
     * @return whether all files are gone
     */
    @Override
    public boolean drop(CachedTopic topic, boolean deleteLogs) {
        BrokerException reason = deleteLogs ? BrokerErrors.unknownTopic(topic.name()) : BrokerErrors.topicAside(topic.name());
        roles.accept(new Roles(List.of(), hosted.working(topic)));
        List<Removed> removed = new ArrayList<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            Removed each = hosted.remove(new TopicPartition(topic.name(), partition));
            if (each.slot() instanceof Partition working) {
                working.retire(reason);
            }
            if (each.slot() != null) {
                removed.add(each);
            }
        }
        if (!deleteLogs) {
            removed.forEach(dropped::setAside);
            return false;
        }
        boolean gone = dropped.delete(topic, removed);
        created.remove(topic.name(), topic.id());
        return gone;
    }

    @Override
    public Set<String> undeleted() {
        return dropped.topics();
    }

    @Override
    public Set<UUID> finishDeletions(String topic) {
        return dropped.finish(topic);
    }

    /** Topics with logs that could not be made or opened, and whose directory works (again). */
    @Override
    public Set<String> mendable() {
        Set<String> topics = new TreeSet<>();
        hosted.slots().forEach(slot -> {
            if (slot instanceof UnavailablePartition unavailable && isMendable(unavailable)) {
                topics.add(unavailable.id().topic());
            }
        });
        return topics;
    }

    private static boolean isMendable(UnavailablePartition partition) {
        return partition.kind() == ErrorKind.LOG_DIRECTORY_OFFLINE && partition.home() != null
                && partition.home().failure() == null;
    }

    /** An empty log in the place of one that was there would hand out offsets a second time. */
    private boolean isGone(UnavailablePartition partition, Map<LogDirectory, Set<TopicPartition>> onDisk) {
        TopicPartition id = partition.id();
        return created.has(id.topic(), partition.topicId(), id.partition())
                && !onDisk.computeIfAbsent(partition.home(), HostedTopics::onDisk).contains(id);
    }

    private static Set<TopicPartition> onDisk(LogDirectory directory) {
        return directory.found().stream().map(found -> new TopicPartition(found.topic(), found.partition()))
                .collect(Collectors.toSet());
    }

    /** Makes or opens the logs of a topic that could not be before, up to the first one that still cannot. */
    @Override
    public void mend(CachedTopic topic) {
        Map<LogDirectory, Set<TopicPartition>> onDisk = new HashMap<>(); // to read thousands of folders takes a while
        for (int number = 0; number < topic.partitionCount(); number++) {
            TopicPartition id = new TopicPartition(topic.name(), number);
            if (hosted.slot(id) instanceof UnavailablePartition broken && isMendable(broken)
                    && broken.topicId().equals(topic.id()) && !isGone(broken, onDisk)) {
                PartitionSlot now = opening.openAgain(topic, broken);
                hosted.put(broken.home(), now);
                if (now instanceof UnavailablePartition) {
                    break;
                }
            }
        }
        noteCreated(topic);
    }

    /**
     * Brings roles into line with the register: every hosted partition leads, follows, or, when this broker has no
     * replica of it any more, goes away with its log.
     */
    @Override
    public void assign(CachedTopic topic) {
        takeRoles(topic, 0, topic.partitionCount());
    }

    @Override
    public void assign(CachedTopic topic, int from, int to) {
        if (IntStream.range(from, to).anyMatch(number -> hosted.isMissing(topic, number))) {
            host(topic);
        }
        takeRoles(topic, from, to);
    }

    private void takeRoles(CachedTopic topic, int from, int to) {
        List<Partition> stay = new ArrayList<>();
        List<Partition> gone = new ArrayList<>();
        for (int number = from; number < to; number++) {
            TopicPartition id = new TopicPartition(topic.name(), number);
            Partition partition = hosted.find(id, topic.id());
            if (partition == null) {
                continue;
            }
            if (topic.isHostedBy(hosted.brokerId(), number)) {
                partition.assign(topic.topic().partitions().get(number), topic.version(number));
                stay.add(partition);
            } else {
                hosted.remove(id);
                created.remove(topic.name(), topic.id(), number);
                partition.retire(new BrokerException(ErrorKind.NOT_LEADER,
                        "partition " + id + " was moved to other brokers: try again in a moment"));
                dropped.deleteMoved(partition);
                gone.add(partition);
            }
        }
        roles.accept(new Roles(stay, gone));
    }
}
