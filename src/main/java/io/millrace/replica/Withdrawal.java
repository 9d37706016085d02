package io.millrace.replica;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Topic;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.controller.Elections;
import io.millrace.metadata.registers.TopicPage;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.PageChanges;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.PartitionSlot;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Takes this broker's replicas out of ISRs in which another one is left that will do, and hands their leadership on: those
 * that cannot be used, those that are damaged, and all of them before a stop. Thread-safe; blocks while registers are
 * written.
 */
final class Withdrawal {
    private static final System.Logger LOG = System.getLogger(Withdrawal.class.getName());

    private final int brokerId;
    private final BrokerRegistry brokers;
    private final TopicCatalog catalog;
    private final PageChanges pages;

    Withdrawal(int brokerId, BrokerRegistry brokers, TopicStore store, TopicCatalog catalog) {
        this.brokerId = brokerId;
        this.brokers = brokers;
        this.catalog = catalog;
        this.pages = new PageChanges(store, catalog);
    }

    /** Gives up replicas that cannot be used, where another one is in sync. What fails is tried again soon. */
    void giveUp(String topic, List<? extends PartitionSlot> partitions) {
        Set<Integer> live = brokers.live();
        if (withdraw(topic, partitions, leaving(replica -> replica != brokerId, live))) {
            LOG.log(Level.WARNING, "this broker gave up its replicas of {0}, because their disk or their bytes"
                    + " are bad", partitions.stream().map(PartitionSlot::id).toList());
        }
    }

    /**
     * Gives up replicas that work, before this broker stops, where another one is in sync on one of these brokers.
     *
     * @throws BrokerException UNAVAILABLE
     */
    void leave(Collection<Partition> partitions, Set<Integer> others) {
        Map<String, List<Partition>> byTopic = new TreeMap<>();
        partitions.forEach(each -> byTopic.computeIfAbsent(each.topic(), topic -> new ArrayList<>()).add(each));
        byTopic.forEach((topic, its) -> {
            if (!withdraw(topic, its, leaving(others::contains, others))) {
                catalog.refreshWhole(topic); // somebody else did it
            }
        });
    }

    /**
     * Gives up a replica that is damaged: in any case the next leader epoch begins, so that no fetch from before counts.
     *
     * @throws BrokerException UNAVAILABLE
     */
    void fence(Partition partition) {
        withdraw(partition.topic(), List.of(partition), now -> Elections.fencedWithout(now, brokerId, brokers.live()));
    }

    /** Whether this broker leads in the place of the preferred leader, which could lead by now. */
    boolean isBorrowed(Partition partition) {
        Topic.Assignment now = partition.state().assignment();
        return !balanced(now).equals(now);
    }

    /**
     * Hands the leadership of a partition on to its preferred leader, where that could lead.
     *
     * @throws BrokerException UNAVAILABLE
     */
    void giveBack(Partition partition) {
        withdraw(partition.topic(), List.of(partition), this::balanced);
    }

    private Topic.Assignment balanced(Topic.Assignment now) {
        return now.leader() == brokerId ? Elections.balanced(now, brokers.live()) : now;
    }

    /**
     * Takes this broker out of the ISRs of partitions, and hands their leadership on, where an in-sync replica is on a
     * broker that will do.
     *
     * @return whether that changed anything
     */
    private boolean withdraw(String topic, List<? extends PartitionSlot> partitions,
                             UnaryOperator<Topic.Assignment> without) {
        Map<UUID, List<PartitionSlot>> byTopic = partitions.stream().collect(Collectors.groupingBy(PartitionSlot::topicId,
                LinkedHashMap::new, Collectors.toList()));
        boolean changed = false;
        for (Map.Entry<UUID, List<PartitionSlot>> one : byTopic.entrySet()) {
            List<Integer> numbers = one.getValue().stream().map(slot -> slot.id().partition()).toList();
            changed |= pages.changeAll(topic, one.getKey(), numbers, page -> without(page, one.getValue(), without)).stream()
                    .anyMatch(change -> !change.isNone());
        }
        return changed;
    }

    /** Out of an ISR in which a replica is left that suffices. */
    private UnaryOperator<Topic.Assignment> leaving(IntPredicate suffices, Set<Integer> live) {
        return now -> now.isr().contains(brokerId) && now.isr().stream().anyMatch(suffices::test)
                ? Elections.without(now, brokerId, live) : now;
    }

    private static Optional<TopicPage> without(TopicPage page, List<? extends PartitionSlot> partitions,
                                               UnaryOperator<Topic.Assignment> without) {
        TopicPage changed = page;
        for (PartitionSlot partition : partitions) {
            int number = partition.id().partition();
            if (isOn(page, partition)) {
                changed = changed.with(number, without.apply(page.assignment(number)));
            }
        }
        return changed.equals(page) ? Optional.empty() : Optional.of(changed);
    }

    private static boolean isOn(TopicPage page, PartitionSlot partition) {
        return page.topicId().equals(partition.topicId()) && page.has(partition.id().partition());
    }
}
