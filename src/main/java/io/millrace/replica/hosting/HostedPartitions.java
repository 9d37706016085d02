package io.millrace.replica.hosting;

import io.millrace.log.TransactionStart;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.CachedTopic;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The partitions that this broker hosts, those that work and those that do not. Look-ups come from any thread; a topic's
 * partitions come and go under that topic's lock, see {@link HostedTopics}.
 */
public final class HostedPartitions {
    private static final System.Logger LOG = System.getLogger(HostedPartitions.class.getName());

    private final int brokerId;
    private final boolean alone;
    private final Map<TopicPartition, PartitionSlot> slots = new ConcurrentHashMap<>();
    /** Partitions of which this broker had the only log in sync, which is gone. */
    private final Set<TopicPartition> lost = ConcurrentHashMap.newKeySet();
    private final Map<TopicPartition, LogDirectory> homes = new ConcurrentHashMap<>();

    /** @param alone whether there are no other brokers */
    public HostedPartitions(int brokerId, boolean alone) {
        this.brokerId = brokerId;
        this.alone = alone;
    }

    /**
     * A partition of this very topic.
     *
     * @throws BrokerException NOT_LEADER when it is not hosted (yet, or any more), or why its log could not be opened
     */
    public Partition get(String topic, int partition, UUID topicId) {
        PartitionSlot slot = slots.get(new TopicPartition(topic, partition));
        if (slot == null || !slot.topicId().equals(topicId)) {
            throw new BrokerException(ErrorKind.NOT_LEADER, "partition %s-%d is not open on broker %d: try again in a moment"
                    .formatted(topic, partition, brokerId));
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

    /** Whether there are no other brokers. */
    public boolean isAlone() {
        return alone;
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

    /**
     * The transactions that are open since a moment or longer in the partitions that this broker leads; partitions without any are
     * left out. In memory: costs as much as there are partitions, and transactions open in them.
     *
     * @param sinceMs in ms since the epoch
     */
    public Map<TopicPartition, List<TransactionStart>> openSince(long sinceMs) {
        Map<TopicPartition, List<TransactionStart>> open = new HashMap<>();
        slots.forEach((id, slot) -> {
            if (slot instanceof Partition working && working.state().isLeading()) {
                List<TransactionStart> found = working.log().transactions().openSince(sinceMs);
                if (!found.isEmpty()) {
                    open.put(id, found);
                }
            }
        });
        return open;
    }

    public static PartitionStatus status(Partition partition) {
        PartitionLog log = partition.log();
        long highWatermark = partition.highWatermark();
        return new PartitionStatus(partition.topic(), partition.partition(), partition.state().isLeading(), log.logStartOffset(),
                log.logEndOffset(), highWatermark, log.transactions().lastStableOffset(highWatermark), log.sizeInBytes(),
                log.segmentCount());
    }

    /** Those that do not. Alone there is nobody to give them to. */
    public List<PartitionSlot> notWorking() {
        return alone ? List.of()
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

    /** Those of a topic that work. */
    List<Partition> working(CachedTopic topic) {
        return working().stream().filter(partition -> partition.topicId().equals(topic.id())).toList();
    }

    /** Whether this broker should host a partition of a topic, and does not. */
    boolean isMissing(CachedTopic topic, int partition) {
        return topic.isHostedBy(brokerId, partition) && !slots.containsKey(new TopicPartition(topic.name(), partition));
    }

    /** Null: it is not hosted. */
    PartitionSlot slot(TopicPartition id) {
        return slots.get(id);
    }

    Collection<PartitionSlot> slots() {
        return slots.values();
    }

    /** The directories of all logs, one for each log. */
    Collection<LogDirectory> homes() {
        return homes.values();
    }

    /** @param home where its log is, or would be */
    void put(LogDirectory home, PartitionSlot slot) {
        homes.put(slot.id(), home);
        slots.put(slot.id(), slot);
    }

    /** A partition that is not hosted any more. */
    record Removed(PartitionSlot slot, LogDirectory home) {
    }

    /** @return with null for what was not there */
    Removed remove(TopicPartition id) {
        return new Removed(slots.remove(id), homes.remove(id));
    }

    // ---- what is damaged or lost

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

    /** Notes a partition of which this broker had the only log, and has it no more. */
    public void hostLost(TopicPartition id, UUID topicId) {
        lost.add(id);
        hostUnavailable(id, topicId, "its log was made on this broker, is not in any log directory now, and no other"
                + " replica is in sync: bring it back and restart the server, or delete the topic. No empty one takes its"
                + " place, because that would hand out offsets a second time");
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

    /** Answers all that waits, and all that comes, with this. */
    public void close(BrokerException reason) {
        working().forEach(partition -> partition.retire(reason));
    }
}
