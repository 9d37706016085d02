package io.millrace.replica.hosting;

import io.millrace.log.Stray;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.LogDirectory.Found;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.CachedTopic;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Handoff;
import io.millrace.metadata.LocalReplicas;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicCatalog;
import io.millrace.metadata.TopicConfig;
import io.millrace.metadata.TopicPartition;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The partitions that this broker hosts, and the directories that hold their logs. Look-ups come from any thread; a
 * topic's partitions come and go under that topic's lock, see {@link TopicCatalog}.
 */
public final class HostedPartitions implements LocalReplicas {
    private static final System.Logger LOG = System.getLogger(HostedPartitions.class.getName());

    private final int brokerId;
    private final List<LogDirectory> directories;
    private final Executor workers;
    private final Handoff handoff;
    private final ReplicaContext context;
    private final CreatedLogs created;
    private final Consumer<Roles> roles;
    /** Partitions of which this broker had the only log in sync, which is gone. */
    private final Set<TopicPartition> lost = ConcurrentHashMap.newKeySet();
    private final Map<TopicPartition, LogDirectory> homes = new ConcurrentHashMap<>();
    private final Map<TopicPartition, PartitionSlot> slots = new ConcurrentHashMap<>();
    private final StrayLogs strays;
    /** Logs of deleted topics that could not be removed yet. */
    private final Set<Undeleted> undeleted = ConcurrentHashMap.newKeySet();

    private record Undeleted(TopicPartition id, UUID topicId, LogDirectory home) {
    }

    public HostedPartitions(List<LogDirectory> directories, Executor workers, Handoff handoff, ReplicaContext context,
                     CreatedLogs created, StrayLogs strays, Consumer<Roles> roles) {
        this.roles = roles;
        this.created = created;
        this.strays = strays;
        this.brokerId = context.brokerId();
        this.context = context;
        this.directories = List.copyOf(directories);
        this.workers = workers;
        this.handoff = handoff;
    }

    /**
     * A partition of this very topic.
     *
     * @throws BrokerException UNKNOWN_TOPIC when it is not the topic's (any more), or why its log could not be opened
     */
    public Partition get(String topic, int partition, UUID topicId) {
        PartitionSlot slot = slots.get(new TopicPartition(topic, partition));
        if (slot == null || !slot.topicId().equals(topicId)) {
            throw BrokerErrors.unknownTopic(topic);
        }
        if (slot instanceof UnavailablePartition unavailable) {
            throw unavailable.exception();
        }
        return (Partition) slot;
    }

    /** The partition if it works and is this very topic's, else null. */
    public Partition find(TopicPartition id, UUID topicId) {
        return slots.get(id) instanceof Partition working && working.topicId().equals(topicId) ? working : null;
    }

    /** How far the replicas of a topic reach, of those that are here and can be used. */
    public List<ReplicaEnd> ends(String topic, UUID topicId, List<Integer> partitions) {
        return partitions.stream().map(number -> find(new TopicPartition(topic, number), topicId))
                .filter(partition -> partition != null && partition.log().isOnline())
                .map(partition -> new ReplicaEnd(partition.partition(), partition.log().epochOfLastRecord(),
                        partition.log().logEndOffset(), partition.highWatermark())).toList();
    }

    public boolean isWritable(String topic, int partition) {
        return slots.get(new TopicPartition(topic, partition)) instanceof Partition working && working.isWritable();
    }

    public int brokerId() {
        return brokerId;
    }

    /** Those that work, sorted by topic and partition. */
    public List<Partition> working() {
        List<Partition> working = new ArrayList<>();
        slots.values().forEach(slot -> {
            if (slot instanceof Partition partition) {
                working.add(partition);
            }
        });
        working.sort(Comparator.comparing(Partition::topic).thenComparingInt(Partition::partition));
        return working;
    }

    public static PartitionStatus status(Partition partition) {
        PartitionLog log = partition.log();
        return new PartitionStatus(partition.topic(), partition.partition(), partition.state().isLeading(), log.logStartOffset(),
                log.logEndOffset(), partition.highWatermark(), log.sizeInBytes(), log.segmentCount());
    }

    /** Those that do not. Alone there is nobody to give them to. */
    public List<PartitionSlot> notWorking() {
        return context.isAlone() ? List.of()
                : slots.values().stream().filter(UnavailablePartition.class::isInstance).toList();
    }

    /** Why partitions do not work, a sentence for each. */
    public List<String> unavailable() {
        List<String> reasons = new ArrayList<>();
        slots.values().forEach(slot -> {
            if (slot instanceof UnavailablePartition unavailable) {
                reasons.add(unavailable.exception().getMessage());
            }
        });
        reasons.sort(Comparator.naturalOrder());
        return reasons;
    }

    @Override
    public void checkRoom() {
        placement().next();
    }

    /** Where new partitions go. */
    private LogPlacement placement() {
        return new LogPlacement(directories, homes.values());
    }

    /** Opens or creates the logs of a topic that are not hosted yet, new ones where there is room. */
    @Override
    public void host(CachedTopic topic) {
        retryDeletions(topic.name());
        LogPlacement placement = placement();
        Map<TopicPartition, LogDirectory> homes = new HashMap<>();
        for (TopicPartition id : missing(topic)) {
            Optional<LogDirectory> taken = takeBack(id, topic.id());
            if (taken.isEmpty() && isLost(topic, id)) {
                hostLost(id, topic.id());
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
        return topic.topic().partitions().get(id.partition()).isr().contains(brokerId)
                && created.has(topic.name(), topic.id(), id.partition());
    }

    /** Opens or creates the logs of topics that are not hosted yet and have a home; errors become slots that say so. */
    public void host(List<CachedTopic> topics, Map<TopicPartition, LogDirectory> homes) {
        List<Runnable> openings = new ArrayList<>();
        for (CachedTopic topic : topics) {
            for (TopicPartition id : missing(topic)) {
                LogDirectory home = homes.get(id);
                if (home != null) {
                    openings.add(() -> put(id, home, open(topic, id, home)));
                }
            }
        }
        SharedWork.run(openings, workers, Runtime.getRuntime().availableProcessors() - 1);
        topics.forEach(this::noteCreated);
    }

    private void noteCreated(CachedTopic topic) {
        List<Integer> working = new ArrayList<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            if (find(new TopicPartition(topic.name(), partition), topic.id()) != null) {
                working.add(partition);
            }
        }
        created.add(topic.name(), topic.id(), working);
    }

    /** Notes a partition of which this broker had the only log, and has it no more. */
    public void hostLost(TopicPartition id, UUID topicId) {
        lost.add(id);
        hostUnavailable(id, topicId, "its log was made on this broker, is not in any log directory now, and no other"
                + " replica is in sync: bring it back and restart the server, or delete the topic. No empty one takes its"
                + " place, because that would hand out offsets a second time");
    }

    /** A batch of a partition's log is damaged, the one that holds this offset; nothing where it is not hosted, or closed. */
    public void damaged(TopicPartition id, long offset) {
        if (slots.get(id) instanceof Partition working) {
            working.foundDamage(offset);
        }
    }

    /** Nobody relies any more on what logs may lack: this replica left each ISR in which there is another one. */
    public void settleLosses() {
        working().forEach(partition -> partition.log().settleLoss());
    }

    /** Notes a partition of which this broker had the only log in sync, and has it no more; others may yet lead. */
    public void noteLost(TopicPartition id) {
        lost.add(id);
    }

    /** Why partitions are lost, a sentence for each; not those that another replica leads by now. */
    public List<String> lost() {
        List<String> reasons = new ArrayList<>();
        lost.forEach(id -> {
            PartitionSlot slot = slots.get(id);
            if (slot instanceof UnavailablePartition unavailable) {
                reasons.add(unavailable.exception().getMessage());
            } else if (slot instanceof Partition working && working.state().isr().isEmpty()) {
                reasons.add(("partition %d of topic '%s' has no leader: its log on this broker was the only one in sync,"
                        + " and is gone. Let another replica lead by unclean.leader.election.enable=true, and lose what"
                        + " only that log had, or delete the topic").formatted(id.partition(), id.topic()));
            }
        });
        reasons.sort(Comparator.naturalOrder());
        return reasons;
    }

    /** Notes a partition that cannot be opened at all. */
    public void hostUnavailable(TopicPartition id, UUID topicId, String reason) {
        LOG.log(Level.ERROR, "partition {0} is not available: {1}", id, reason);
        slots.put(id, new UnavailablePartition(id, topicId, null, ErrorKind.LOG_DIRECTORY_OFFLINE, reason));
    }

    /** The partitions of a topic that this broker should host and does not. */
    public List<TopicPartition> missing(CachedTopic topic) {
        List<TopicPartition> missing = new ArrayList<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            if (isMissing(topic, partition)) {
                missing.add(new TopicPartition(topic.name(), partition));
            }
        }
        return missing;
    }

    private boolean isMissing(CachedTopic topic, int partition) {
        return topic.isHostedBy(brokerId, partition) && !slots.containsKey(new TopicPartition(topic.name(), partition));
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
            PartitionSlot slot = slots.get(id);
            if (slot instanceof Partition working) {
                working.reconfigure(topic.config());
                working.log().reconfigure(topic.config().log());
            } else if (slot instanceof UnavailablePartition closed && closed.kind() == ErrorKind.INVALID_CONFIG) {
                put(id, closed.home(), open(topic, id, closed.home()));
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
            if (topic.partitions().get(partition).replicas().contains(brokerId)) {
                get(topic.name(), partition, topic.id());
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
        roles.accept(new Roles(List.of(), all(topic)));
        boolean gone = deleteLogs;
        Map<Undeleted, CompletableFuture<Void>> deletions = new HashMap<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            TopicPartition id = new TopicPartition(topic.name(), partition);
            PartitionSlot slot = slots.remove(id);
            LogDirectory home = homes.remove(id);
            if (slot instanceof Partition working) {
                working.retire(BrokerErrors.unknownTopic(topic.name()));
            }
            if (slot == null) {
                continue;
            } else if (!deleteLogs) {
                setAside(slot, home);
            } else if (slot instanceof Partition working) {
                deletions.put(new Undeleted(id, topic.id(), home), deletion(working));
            } else if (home != null) {
                undeleted.add(new Undeleted(id, topic.id(), home));
            } else {
                gone = false; // It may be in a directory that is offline.
            }
        }
        for (Map.Entry<Undeleted, CompletableFuture<Void>> deletion : deletions.entrySet()) {
            if (!awaitDeletion(topic.name(), deletion.getValue())) {
                undeleted.add(deletion.getKey());
            }
        }
        retryDeletions(topic.name());
        gone &= undeleted.stream().noneMatch(left -> left.topicId().equals(topic.id()));
        if (deleteLogs) {
            created.remove(topic.name(), topic.id());
        }
        return gone;
    }

    /** Answers all that waits, and all that comes, with this. */
    public void close(BrokerException reason) {
        working().forEach(partition -> partition.retire(reason));
    }

    private void put(TopicPartition id, LogDirectory home, PartitionSlot slot) {
        homes.put(id, home);
        slots.put(id, slot);
    }

    private CompletableFuture<Void> deleteLog(Partition partition) {
        homes.remove(partition.id());
        return deletion(partition);
    }

    private static CompletableFuture<Void> deletion(Partition partition) {
        try {
            return partition.log().delete();
        } catch (RuntimeException offline) {
            return CompletableFuture.failedFuture(offline);
        }
    }

    /** Names of deleted topics some of whose logs could not be removed yet. */
    @Override
    public Set<String> undeleted() {
        return undeleted.stream().map(left -> left.id().topic()).collect(Collectors.toSet());
    }

    /**
     * Tries again to remove logs of deleted topics of a name.
     *
     * @return ids of the topics of which nothing is left
     */
    @Override
    public Set<UUID> finishDeletions(String topic) {
        Set<UUID> gone = undeleted.stream().filter(left -> left.id().topic().equals(topic)).map(Undeleted::topicId)
                .collect(Collectors.toSet());
        retryDeletions(topic);
        undeleted.forEach(left -> gone.remove(left.topicId()));
        return gone;
    }

    private void retryDeletions(String topic) {
        for (Undeleted left : undeleted) {
            if (left.id().topic().equals(topic)) {
                try {
                    left.home().delete(left.id().topic(), left.id().partition(), left.topicId());
                    undeleted.remove(left);
                } catch (RuntimeException still) {
                    LOG.log(Level.DEBUG, "the log of deleted partition " + left.id() + " still cannot be removed", still);
                }
            }
        }
    }

    /** Nobody is known to have deleted it. What cannot be moved is sorted out by the next start. */
    private void setAside(PartitionSlot slot, LogDirectory home) {
        TopicPartition id = slot.id();
        try {
            if (slot instanceof Partition working) {
                strays.add(new Stray(working.log().setAside().join(), id.topic(), id.partition(), slot.topicId()));
            } else if (home != null && home.found().contains(new Found(id.topic(), id.partition(), slot.topicId()))) {
                strays.add(new Stray(home.setAside(id.topic(), id.partition()), id.topic(), id.partition(), slot.topicId()));
            }
        } catch (RuntimeException failure) {
            LOG.log(Level.WARNING, "the log of partition " + id + " could not be set aside now", failure);
        }
    }

    /** Topics with logs that could not be made or opened, and whose directory works (again). */
    @Override
    public Set<String> mendable() {
        Set<String> topics = new TreeSet<>();
        slots.values().forEach(slot -> {
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
    private boolean isGone(UnavailablePartition partition) {
        TopicPartition id = partition.id();
        return created.has(id.topic(), partition.topicId(), id.partition()) && partition.home().found().stream()
                .noneMatch(found -> found.topic().equals(id.topic()) && found.partition() == id.partition());
    }

    /** Makes or opens the logs of a topic that could not be before, up to the first one that still cannot. */
    @Override
    public void mend(CachedTopic topic) {
        for (int number = 0; number < topic.partitionCount(); number++) {
            TopicPartition id = new TopicPartition(topic.name(), number);
            if (slots.get(id) instanceof UnavailablePartition broken && isMendable(broken)
                    && broken.topicId().equals(topic.id()) && !isGone(broken)) {
                try {
                    put(id, broken.home(), opened(topic, id, broken.home()));
                    LOG.log(Level.INFO, "partition {0} is available", id);
                } catch (RuntimeException still) {
                    put(id, broken.home(), stillUnavailable(broken, still));
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
        if (IntStream.range(from, to).anyMatch(number -> isMissing(topic, number))) {
            host(topic);
        }
        takeRoles(topic, from, to);
    }

    private void takeRoles(CachedTopic topic, int from, int to) {
        List<Partition> stay = new ArrayList<>();
        List<Partition> gone = new ArrayList<>();
        for (int number = from; number < to; number++) {
            TopicPartition id = new TopicPartition(topic.name(), number);
            Partition partition = find(id, topic.id());
            if (partition == null) {
                continue;
            }
            if (topic.isHostedBy(brokerId, number)) {
                partition.assign(topic.topic().partitions().get(number), topic.version(number));
                stay.add(partition);
            } else {
                slots.remove(id);
                created.remove(topic.name(), topic.id(), number);
                partition.retire(new BrokerException(ErrorKind.NOT_LEADER,
                        "partition " + id + " was moved to other brokers: try again in a moment"));
                deleteLog(partition).whenComplete((done, failure) -> {
                    if (failure != null) {
                        LOG.log(Level.WARNING, "the log of partition " + id + ", which was moved to other brokers, could"
                                + " not be removed now; the next start tries again", failure);
                    }
                });
                gone.add(partition);
            }
        }
        roles.accept(new Roles(stay, gone));
    }

    /** Those of a topic that work. */
    List<Partition> all(CachedTopic topic) {
        return working().stream().filter(partition -> partition.topicId().equals(topic.id())).toList();
    }

    /** What became of a topic's hosted partitions. */
    public record Roles(List<Partition> stay, List<Partition> gone) {
    }

    private PartitionSlot open(CachedTopic topic, TopicPartition id, LogDirectory home) {
        try {
            return opened(topic, id, home);
        } catch (RuntimeException failure) {
            LOG.log(Level.ERROR, "the log of partition " + id + " in " + home.root() + " could not be opened", failure);
            return unavailable(id, topic.id(), home, failure);
        }
    }

    private static UnavailablePartition unavailable(TopicPartition id, UUID topicId, LogDirectory home,
                                                    RuntimeException failure) {
        RuntimeException translated = BrokerErrors.translate(failure);
        ErrorKind kind = translated instanceof BrokerException known ? known.kind() : ErrorKind.LOG_DIRECTORY_OFFLINE;
        return new UnavailablePartition(id, topicId, home, kind, String.valueOf(translated.getMessage()));
    }

    /** It is tried each second: only another reason than before is worth a word. */
    private static UnavailablePartition stillUnavailable(UnavailablePartition broken, RuntimeException failure) {
        String reason = unavailable(broken.id(), broken.topicId(), broken.home(), failure).reason();
        boolean isKnown = reason.equals(broken.reason());
        LOG.log(isKnown ? Level.DEBUG : Level.ERROR, "partition " + broken.id() + " is still not available", failure);
        return new UnavailablePartition(broken.id(), broken.topicId(), broken.home(), broken.kind(), reason);
    }

    private Partition opened(CachedTopic topic, TopicPartition id, LogDirectory home) {
        TopicConfig config = topic.usableConfig();
        PartitionLog log = home.openReplicated(topic.name(), id.partition(), topic.id(), config.log(), leaderEpoch(topic, id));
        return new Partition(id, topic.id(), log, config, context, handoff);
    }

    private static int leaderEpoch(CachedTopic topic, TopicPartition id) {
        return topic.topic().partitions().get(id.partition()).leaderEpoch();
    }

    private static boolean awaitDeletion(String topic, CompletableFuture<Void> deletion) {
        try {
            deletion.join();
            return true;
        } catch (CompletionException failure) {
            LOG.log(Level.WARNING, "a log of deleted topic '" + topic + "' could not be removed now;"
                    + " the next start tries again", failure.getCause());
            return false;
        }
    }
}
