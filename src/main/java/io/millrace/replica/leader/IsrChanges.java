package io.millrace.replica.leader;

import io.millrace.metadata.BrokerRegistry;
import io.millrace.metadata.Elections;
import io.millrace.metadata.Handoff;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicCatalog;
import io.millrace.metadata.TopicStore;
import io.millrace.replica.core.IsrProposal;
import io.millrace.replica.hosting.Partition;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes the ISRs that this broker's leaders want to the topics' registers, all of one topic in one write, and one write
 * of a topic at a time. A leader whose epoch is over is refused by what it reads there. Thread-safe.
 */
public final class IsrChanges {
    private static final System.Logger LOG = System.getLogger(IsrChanges.class.getName());

    private final int brokerId;
    private final BrokerRegistry brokers;
    private final TopicStore store;
    private final TopicCatalog catalog;
    private final Handoff handoff;
    private final long maxLagNanos;
    private final Map<String, Set<Partition>> wanted = new ConcurrentHashMap<>();
    private final Set<String> changing = ConcurrentHashMap.newKeySet();

    public IsrChanges(int brokerId, BrokerRegistry brokers, TopicStore store, TopicCatalog catalog, Handoff handoff, long maxLagNanos) {
        this.brokerId = brokerId;
        this.brokers = brokers;
        this.store = store;
        this.catalog = catalog;
        this.handoff = handoff;
        this.maxLagNanos = maxLagNanos;
    }

    public void add(Partition partition) {
        wanted.compute(partition.topic(), (topic, set) -> {
            Set<Partition> partitions = set == null ? ConcurrentHashMap.newKeySet() : set;
            partitions.add(partition);
            return partitions;
        });
        begin(partition.topic());
    }

    private void begin(String topic) {
        if (wanted.containsKey(topic) && changing.add(topic)) {
            handoff.execute(() -> run(topic));
        }
    }

    private void run(String topic) {
        Set<Partition> partitions = wanted.remove(topic);
        try {
            if (partitions != null) {
                change(topic, partitions);
            }
        } catch (RuntimeException failure) {
            // The next tick proposes it again; until then both the old and the new ISR count.
            LOG.log(Level.DEBUG, "the ISRs of topic '" + topic + "' could not be changed now", failure);
        } finally {
            changing.remove(topic);
        }
        begin(topic);
    }

    private void change(String topic, Set<Partition> partitions) {
        while (true) {
            TopicStore.Stored stored = store.read(topic).orElse(null);
            // After the topic: a broker that came back is here in its new session before it changes any topic.
            brokers.refresh();
            Map<Integer, IsrProposal> proposals = new HashMap<>();
            for (Partition partition : partitions) {
                if (stored != null && partition.topicId().equals(stored.topic().id())) {
                    // Anew for every attempt: what was proposed over an earlier version does not count any more.
                    partition.propose(maxLagNanos, stored.version())
                            .ifPresent(proposal -> proposals.put(partition.partition(), proposal));
                }
            }
            if (proposals.isEmpty() || store.write(changed(stored.topic(), proposals), stored.version())) {
                catalog.refresh(topic);
                return;
            }
        }
    }

    private Topic changed(Topic topic, Map<Integer, IsrProposal> proposals) {
        List<Topic.Assignment> assignments = new ArrayList<>(topic.partitions());
        proposals.forEach((number, proposal) -> {
            Topic.Assignment now = assignments.get(number);
            if (now.leader() == brokerId && now.leaderEpoch() == proposal.leaderEpoch()) {
                List<Integer> isr = now.replicas().stream().filter(replica -> proposal.in().contains(replica)
                        || now.isr().contains(replica) && !proposal.out().contains(replica)).toList();
                LOG.log(Level.INFO, "{0}-{1}: in sync are now {2}, before {3}", topic.name(), number.toString(), isr,
                        now.isr());
                assignments.set(number, Elections.withIsr(now, isr));
            }
        });
        return topic.withPartitions(assignments);
    }
}
