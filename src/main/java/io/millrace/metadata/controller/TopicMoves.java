package io.millrace.metadata.controller;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.brokers.ReplicaPlacement;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.TopicCatalog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** Writes the wish that a partition moves to its topic's registers; the controller carries it out. Thread-safe. */
public final class TopicMoves implements Reassignments {
    private final TopicStore store;
    private final TopicCatalog catalog;
    private final BrokerRegistry brokers;

    public TopicMoves(TopicStore store, TopicCatalog catalog, BrokerRegistry brokers) {
        this.store = store;
        this.catalog = catalog;
        this.brokers = brokers;
    }

    @Override
    public void start(String topic, int partition, List<Integer> replicas) {
        brokers.refresh();
        Set<Integer> known = new TreeSet<>();
        brokers.known().forEach(broker -> known.add(broker.id()));
        if (replicas.isEmpty() || new HashSet<>(replicas).size() != replicas.size() || !known.containsAll(replicas)) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "the replicas must be one or more different brokers of"
                    + " the cluster, which are " + known + "; they are " + replicas);
        }
        change(topic, partition, assignment -> assignment.move() == null && assignment.replicas().equals(replicas)
                ? assignment : Elections.reassign(assignment, List.copyOf(replicas)));
    }

    @Override
    public void cancel(String topic, int partition) {
        change(topic, partition, assignment -> {
            if (assignment.move() == null) {
                throw new BrokerException(ErrorKind.INVALID_REQUEST,
                        "partition %s-%d does not move: there is nothing to cancel".formatted(topic, partition));
            }
            return Elections.cancel(assignment, brokers.live());
        });
    }

    private void change(String name, int partition, UnaryOperator<Topic.Assignment> change) {
        if (!TopicName.isLegal(name)) {
            throw BrokerErrors.unknownTopic(name);
        }
        catalog.refresh(name);
        CachedTopic topic = catalog.get(name);
        if (partition < 0 || partition >= topic.partitionCount()) {
            throw BrokerErrors.unknownPartition(name, partition, topic.partitionCount());
        }
        catalog.take(store.change(name, topic.id(), partition, page -> Optional.of(page.with(partition,
                change.apply(page.assignment(partition))))).orElseThrow(() -> BrokerErrors.unknownTopic(name)).after());
    }

    @Override
    public List<Reassignment> all() {
        List<Reassignment> moving = new ArrayList<>();
        for (String name : catalog.names()) {
            catalog.find(name).ifPresent(topic -> {
                for (int partition = 0; partition < topic.partitionCount(); partition++) {
                    Topic.Assignment now = topic.topic().partitions().get(partition);
                    if (now.move() != null) {
                        moving.add(new Reassignment(new TopicPartition(name, partition), now.replicas(),
                                now.move().to(), now.isr()));
                    }
                }
            });
        }
        return moving;
    }

    @Override
    public void drain(int brokerId) {
        brokers.refresh();
        if (brokers.known().stream().noneMatch(broker -> broker.id() == brokerId)) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "there is no broker " + brokerId);
        }
        catalog.refreshAll();
        List<CachedTopic> topics = catalog.names().stream().map(catalog::get).toList();
        Set<Integer> live = brokers.live();
        ReplicaPlacement placement = new ReplicaPlacement(
                brokers.known().stream().filter(broker -> live.contains(broker.id())).toList(),
                topics.stream().flatMap(topic -> topic.topic().partitions().stream()).toList());
        for (CachedTopic topic : topics) {
            for (int partition = 0; partition < topic.partitionCount(); partition++) {
                List<Integer> replicas = topic.topic().partitions().get(partition).replicas();
                if (replicas.contains(brokerId)) {
                    List<Integer> target = placement.replace(replicas, brokerId);
                    if (target.contains(brokerId)) {
                        throw new BrokerException(ErrorKind.INVALID_REQUEST, ("no other broker is up that could take the"
                                + " replica of %s-%d: start one more first").formatted(topic.name(), partition));
                    }
                    start(topic.name(), partition, target);
                }
            }
        }
    }
}
