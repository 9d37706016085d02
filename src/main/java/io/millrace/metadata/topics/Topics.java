package io.millrace.metadata.topics;

import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.brokers.KnownBroker;
import io.millrace.metadata.brokers.PageReaders;
import io.millrace.metadata.brokers.ReplicaPlacement;
import io.millrace.metadata.config.Partitioners;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.config.TopicConfigKey;
import io.millrace.metadata.registers.DeletedTopics;
import io.millrace.metadata.registers.StoredTopic;
import io.millrace.metadata.registers.TopicRegisters;
import io.millrace.metadata.registers.TopicStore;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The topics of the cluster, in their registers; every change is durable when the call returns. Changes block for the
 * time of a compare-and-set and of opening or removing logs. Every method throws {@link BrokerException} UNAVAILABLE
 * when the registers cannot be reached or the broker is closed.
 */
public final class Topics {
    private static final System.Logger LOG = System.getLogger(Topics.class.getName());
    private static final int FIRST_EPOCH = 0;
    /** As in Kafka's own examples: one broker may stop, and another one die. */
    private static final int MOST_BY_DEFAULT = 3;

    private final TopicLimits limits;
    private final TopicStore store;
    private final TopicRegisters topicRegisters;
    private final PageReaders readers;
    private final DeletedTopics deleted;
    private final TopicCatalog catalog;
    private final LocalReplicas hosted;
    private final Partitioners partitioners;
    private final BrokerRegistry brokers;
    private volatile boolean closed;

    public Topics(TopicLimits limits, RegisterStore registers, TopicStore store, PageReaders readers, DeletedTopics deleted,
           TopicCatalog catalog, LocalReplicas hosted, Partitioners partitioners, BrokerRegistry brokers) {
        this.limits = limits;
        this.store = store;
        this.topicRegisters = new TopicRegisters(registers, store);
        this.readers = readers;
        this.deleted = deleted;
        this.catalog = catalog;
        this.hosted = hosted;
        this.partitioners = partitioners;
        this.brokers = brokers;
    }

    /** Names, sorted, but those of internal topics. */
    public List<String> names() {
        return catalog.names().stream().filter(name -> !TopicName.isInternal(name)).toList();
    }

    /** Names, sorted, of all topics. */
    public List<String> allNames() {
        return catalog.names();
    }

    /** Every topic by its name, also the internal ones, sorted, as this broker last read them; no register is read. */
    public SortedMap<String, TopicInfo> all() {
        SortedMap<String, TopicInfo> all = new TreeMap<>();
        for (String name : catalog.names()) {
            catalog.find(name).ifPresent(topic -> all.put(name, new TopicInfo(topic.id(), topic.partitionCount())));
        }
        return all;
    }

    /** Grows with every change of what {@link #all()} tells, and with other changes of topics. */
    public long revision() {
        return catalog.revision();
    }

    /**
     * Reads a topic again that another broker may have changed. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    public void refresh(String name) {
        catalog.refresh(name);
    }

    /** @throws BrokerException UNKNOWN_TOPIC */
    public Topic get(String name) {
        return catalog.get(name).topic();
    }

    /**
     * Creates a topic and its logs.
     *
     * @param partitions        null: the server's default
     * @param replicationFactor null: 3, or as many as there are brokers
     * @param overrides         topic configuration by key; a null value means no override
     * @throws BrokerException TOPIC_EXISTS, INVALID_TOPIC_NAME, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR,
     *                         INVALID_CONFIG; LOG_DIRECTORY_OFFLINE when a log could not be made: then there is no
     *                         topic
     */
    public Topic create(String name, Integer partitions, Integer replicationFactor, Map<String, String> overrides) {
        TopicName.check(name);
        int count = partitions == null ? limits.defaultPartitions() : partitions;
        checkPartitions(count);
        return create(name, count, replicationFactor, overrides, this::undo);
    }

    /**
     * Makes sure that an internal topic is there; whoever is the first creates it, on whichever broker. Blocks.
     *
     * @throws BrokerException UNAVAILABLE as well while fewer brokers have been up than it is to have replicas
     */
    public Topic ensure(InternalTopic wanted) {
        if (catalog.find(wanted.name()).isEmpty()) {
            catalog.refresh(wanted.name());
        }
        Optional<CachedTopic> known = catalog.find(wanted.name());
        return known.isPresent() ? known.get().topic() : create(wanted);
    }

    private Topic create(InternalTopic wanted) {
        try {
            // Others may have written to it by then: it stays, and what is missing here is made later.
            return create(wanted.name(), wanted.partitions(), wanted.replicationFactor(), wanted.configs(), topic -> { });
        } catch (BrokerException refused) {
            if (refused.kind() == ErrorKind.TOPIC_EXISTS) { // another broker was first
                catalog.refresh(wanted.name());
                return catalog.get(wanted.name()).topic();
            } else if (refused.kind() == ErrorKind.INVALID_REPLICATION_FACTOR) {
                throw new BrokerException(ErrorKind.UNAVAILABLE, "the internal topic '%s' cannot be created yet: %s; start more"
                        .formatted(wanted.name(), refused.getMessage()) + " brokers", refused);
            }
            throw refused;
        }
    }

    /** @param notMade is given a topic that is registered, and whose logs could not all be made here */
    private Topic create(String name, int count, Integer replicationFactor, Map<String, String> overrides,
                         Consumer<Topic> notMade) {
        checkOpen();
        Map<String, String> set = changed(Map.of(), overrides);
        checkConfig(set);
        brokers.refresh();
        int replicas = replicationFactor == null ? Math.min(MOST_BY_DEFAULT, brokers.known().size()) : replicationFactor;
        checkReplicas(replicas, set);
        return catalog.exclusively(name, () -> {
            Topic topic = new Topic(name, UUID.randomUUID(), 0, set, assignments(count, replicas));
            checkRoom(topic.partitions());
            if (!topicRegisters.create(topic, isToBePaged(count))) {
                throw new BrokerException(ErrorKind.TOPIC_EXISTS,
                        "topic '%s' exists already: choose another name, or change the topic".formatted(name));
            }
            try {
                catalog.refresh(name);
                hosted.checkAvailable(topic, 0);
            } catch (RuntimeException failure) {
                notMade.accept(topic);
                throw failure;
            }
            return topic;
        });
    }

    /** A topic is there as a whole or not at all. Where even that fails, what is missing is made later. */
    private void undo(Topic topic) {
        try {
            store.find(topic.name()).filter(stored -> stored.topic().id().equals(topic.id())).ifPresent(this::delete);
        } catch (BrokerException unavailable) {
            LOG.log(Level.WARNING, "topic ''{0}'' could not be made as a whole and not be taken back either: what is"
                    + " missing is made when that is possible ({1})", topic.name(), unavailable.getMessage());
        }
    }

    /**
     * Sets overrides; a null value takes the override away. Open logs follow at once.
     *
     * @throws BrokerException UNKNOWN_TOPIC, INVALID_CONFIG, INTERNAL_TOPIC
     */
    public Topic alterConfig(String name, Map<String, String> changes) {
        TopicName.requireOpen(name);
        return change(name, stored -> {
            Topic topic = stored.topic();
            Map<String, String> overrides = changed(topic.overrides(), changes);
            checkConfig(overrides);
            checkReplicas(topic.partitions().get(0).replicas().size(), overrides);
            return topicRegisters.configure(stored, overrides);
        });
    }

    /**
     * Adds partitions. Keys may from then on map to other partitions than before.
     *
     * @param total the new number of partitions, larger than the present one
     * @throws BrokerException UNKNOWN_TOPIC, INVALID_PARTITIONS, LOG_DIRECTORY_OFFLINE when a log could not be made: it
     *                         is made by itself when that is possible; INTERNAL_TOPIC
     */
    public Topic addPartitions(String name, int total) {
        TopicName.requireOpen(name);
        return change(name, stored -> {
            Topic topic = stored.topic();
            int present = topic.partitions().size();
            if (total <= present) {
                throw new BrokerException(ErrorKind.INVALID_PARTITIONS,
                        "topic '%s' has %d partitions already: the number can only grow; it would be %d".formatted(
                                name, present, total));
            }
            checkPartitions(total);
            List<Topic.Assignment> added = assignments(total - present, topic.partitions().get(0).replicas().size());
            checkRoom(added);
            return topicRegisters.enlarge(stored, added, isToBePaged(total));
        });
    }

    private boolean isToBePaged(int partitions) {
        return partitions > store.pageSize() && readers.areAll();
    }

    /**
     * Deletes a topic with all its records.
     *
     * @throws BrokerException UNKNOWN_TOPIC, INTERNAL_TOPIC
     */
    public void delete(String name) {
        TopicName.requireOpen(name);
        checkOpen();
        catalog.exclusively(name, () -> {
            while (!delete(stored(name))) {
                LOG.log(Level.DEBUG, "topic {0} changed while it was being deleted", name);
            }
            return null;
        });
    }

    /** @return false when another change came first */
    private boolean delete(StoredTopic stored) {
        deleted.add(stored.topic().id(), holders(stored.topic()));
        boolean done = topicRegisters.delete(stored);
        if (done) {
            catalog.refresh(stored.topic().name());
        }
        return done;
    }

    /** Every broker that may have logs of a topic: who held a replica once may have been down ever since. */
    private Set<Integer> holders(Topic topic) {
        Set<Integer> holders = new TreeSet<>();
        brokers.known().forEach(broker -> holders.add(broker.id()));
        topic.partitions().forEach(assignment -> holders.addAll(assignment.replicas()));
        return holders;
    }

    /** Every topic configuration key with the value in force for this topic, sorted by key. */
    public Map<String, String> effectiveConfig(Topic topic) {
        return Collections.unmodifiableMap(TopicConfig.effective(catalog.defaults(), topic.overrides()));
    }

    /** Refuses changes from now on. */
    public void close() {
        closed = true;
    }

    /** @param change whether it was done; else another change came first */
    private Topic change(String name, Predicate<StoredTopic> change) {
        checkOpen();
        return catalog.exclusively(name, () -> {
            StoredTopic stored;
            do {
                stored = stored(name);
            } while (!change.test(stored));
            catalog.refresh(name);
            Topic changed = catalog.get(name).topic();
            hosted.checkAvailable(changed, stored.partitionCount());
            return changed;
        });
    }

    /** Nothing is registered that could not be stored here, when it is to be here. */
    private void checkRoom(List<Topic.Assignment> added) {
        if (added.stream().anyMatch(assignment -> assignment.replicas().contains(limits.brokerId()))) {
            limits.descriptors().check();
            hosted.checkRoom();
        }
    }

    private StoredTopic stored(String name) {
        // The name becomes a register's key: nothing odd gets that far.
        return store.find(name).orElseThrow(() -> BrokerErrors.unknownTopic(name));
    }

    /** In sync from the start are the brokers that are up: none of them has anything yet. */
    private List<Topic.Assignment> assignments(int count, int replicationFactor) {
        Set<Integer> live = brokers.live();
        if (live.isEmpty()) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "no broker is ready: try again in a moment");
        }
        List<Topic.Assignment> present = catalog.names().stream().flatMap(name -> catalog.find(name).stream())
                .flatMap(topic -> topic.topic().partitions().stream()).toList();
        // Those that are down are taken only where there are not enough others.
        List<KnownBroker> all = brokers.known();
        List<KnownBroker> up = all.stream().filter(broker -> live.contains(broker.id())).toList();
        ReplicaPlacement placement = new ReplicaPlacement(up.size() >= replicationFactor ? up : all, present);
        List<Topic.Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<Integer> replicas = placement.place(replicationFactor);
            List<Integer> isr = replicas.stream().filter(live::contains).toList();
            if (isr.isEmpty()) {
                throw new BrokerException(ErrorKind.UNAVAILABLE, "no broker that is up could lead the partition: try"
                        + " again when more are");
            }
            assignments.add(new Topic.Assignment(isr.get(0), FIRST_EPOCH, replicas, isr));
        }
        return assignments;
    }

    private void checkPartitions(int count) {
        if (count < 1 || count > limits.maxPartitions()) {
            throw new BrokerException(ErrorKind.INVALID_PARTITIONS, "the number of partitions must be 1 to %d; it is %d"
                    .formatted(limits.maxPartitions(), count));
        }
    }

    private void checkReplicas(int factor, Map<String, String> overrides) {
        int known = brokers.known().size();
        if (factor < 1) {
            throw new BrokerException(ErrorKind.INVALID_REPLICATION_FACTOR,
                    "the replication factor must be 1 or more; it is " + factor);
        } else if (factor > known) {
            throw new BrokerException(ErrorKind.INVALID_REPLICATION_FACTOR,
                    "the replication factor is %d, but there %s: use %s".formatted(factor,
                            known == 1 ? "is 1 broker" : "are " + known + " brokers",
                            known == 1 ? "1" : "at most " + known));
        }
        int asked = overrides.containsKey(TopicConfigKey.MIN_INSYNC_REPLICAS.key())
                ? Integer.parseInt(overrides.get(TopicConfigKey.MIN_INSYNC_REPLICAS.key())) : 1;
        if (asked > factor) {
            throw new BrokerException(ErrorKind.INVALID_CONFIG, "min.insync.replicas is %d, but each partition has only"
                    .formatted(asked) + " " + factor + (factor == 1 ? " replica" : " replicas")
                    + ": nothing could ever be written with acks=all");
        }
    }

    private void checkConfig(Map<String, String> overrides) {
        partitioners.find(TopicConfig.checked(catalog.defaults(), overrides).partitioner());
    }

    private static Map<String, String> changed(Map<String, String> overrides, Map<String, String> changes) {
        Map<String, String> changed = new TreeMap<>(overrides);
        changes.forEach((key, value) -> {
            if (value != null) {
                changed.put(key, value);
            } else if (changed.remove(key) == null) {
                TopicConfigKey.of(key);
            }
        });
        return Collections.unmodifiableMap(changed);
    }

    private void checkOpen() {
        if (closed) {
            throw BrokerErrors.closed();
        }
    }
}
