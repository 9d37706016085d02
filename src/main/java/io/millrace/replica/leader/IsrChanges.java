package io.millrace.replica.leader;

import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.Topic;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.controller.Elections;
import io.millrace.metadata.registers.TopicPage;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.PageChanges;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.replica.core.IsrProposal;
import io.millrace.replica.hosting.Partition;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Writes the ISRs that this broker's leaders want to the topics' registers, all of one page in one write, and one run
 * for a topic at a time. A leader whose epoch is over is refused by what it reads there. Thread-safe.
 */
public final class IsrChanges {
    private static final System.Logger LOG = System.getLogger(IsrChanges.class.getName());

    private final int brokerId;
    private final BrokerRegistry brokers;
    private final PageChanges pages;
    private final AgreementCalls calls;
    private final long maxLagNanos;
    /** In the order in which they came. A set is changed only within the map's {@code compute}; once removed, by nobody. */
    private final Map<String, Set<Partition>> wanted = new ConcurrentHashMap<>();

    public IsrChanges(int brokerId, BrokerRegistry brokers, TopicStore store, TopicCatalog catalog, AgreementCalls calls,
                      long maxLagNanos) {
        this.brokerId = brokerId;
        this.brokers = brokers;
        this.pages = new PageChanges(store, catalog);
        this.calls = calls;
        this.maxLagNanos = maxLagNanos;
    }

    public void add(Partition partition) {
        wanted.compute(partition.topic(), (topic, set) -> {
            Set<Partition> partitions = set == null ? new LinkedHashSet<>() : set;
            partitions.add(partition);
            return partitions;
        });
        // When it fails the next tick proposes it again; until then both the old and the new ISR count.
        calls.call("isr/" + partition.topic(), () -> run(partition.topic()));
    }

    private void run(String topic) {
        Set<Partition> partitions = wanted.remove(topic);
        if (partitions != null) {
            partitions.stream().collect(Collectors.groupingBy(Partition::topicId, LinkedHashMap::new, Collectors.toList()))
                    .forEach((id, some) -> pages.changeAll(topic, id, some.stream().map(Partition::partition).toList(),
                            new Proposals(some)));
        }
    }

    private static boolean isOn(TopicPage page, Partition partition) {
        return page.topicId().equals(partition.topicId()) && page.has(partition.partition());
    }

    private final class Proposals implements TopicStore.PageEdit {
        private final List<Partition> partitions;

        private Proposals(List<Partition> partitions) {
            this.partitions = partitions;
        }

        /** After the pages: a broker that came back is here in its new session before it changes any topic. */
        @Override
        public void begin(List<TopicPage> some) {
            brokers.refresh();
        }

        /** Empty when nothing is proposed; else it must be written, so that an earlier proposal cannot be any more. */
        @Override
        public Optional<TopicPage> of(TopicPage page) {
            TopicPage changed = null;
            for (Partition partition : partitions) {
                // Anew for every attempt: what was proposed over an earlier version does not count any more.
                Optional<IsrProposal> proposal = isOn(page, partition) ? partition.propose(maxLagNanos, page.version())
                        : Optional.empty();
                if (proposal.isPresent()) {
                    changed = changed(changed == null ? page : changed, partition.partition(), proposal.get());
                }
            }
            return Optional.ofNullable(changed);
        }
    }

    private TopicPage changed(TopicPage page, int number, IsrProposal proposal) {
        Topic.Assignment now = page.assignment(number);
        if (now.leader() != brokerId || now.leaderEpoch() != proposal.leaderEpoch()) {
            return page;
        }
        List<Integer> isr = now.replicas().stream().filter(replica -> proposal.in().contains(replica)
                || now.isr().contains(replica) && !proposal.out().contains(replica)).toList();
        LOG.log(Level.INFO, "{0}-{1}: in sync are now {2}, before {3}", page.topic(), Integer.toString(number), isr,
                now.isr());
        return page.with(number, Elections.withIsr(now, isr));
    }
}
