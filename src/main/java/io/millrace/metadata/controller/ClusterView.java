package io.millrace.metadata.controller;

import io.millrace.agreement.AgreementStatus;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.controller.ClusterDescription.BrokerState;
import io.millrace.metadata.controller.ClusterDescription.UnderReplicated;
import io.millrace.metadata.topics.TopicCatalog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts together what a broker knows of the cluster. */
public final class ClusterView {
    private ClusterView() {
    }

    public static ClusterDescription describe(BrokerRegistry brokers, Controller.Elected controller, TopicCatalog catalog,
                                       AgreementStatus agreement) {
        Map<Integer, Integer> leaders = new HashMap<>();
        Map<Integer, Integer> replicas = new HashMap<>();
        List<UnderReplicated> underReplicated = new ArrayList<>();
        List<TopicPartition> offline = new ArrayList<>();
        for (String name : catalog.names()) {
            List<Topic.Assignment> assignments =
                    catalog.find(name).map(topic -> topic.topic().partitions()).orElse(List.of());
            for (int number = 0; number < assignments.size(); number++) {
                Topic.Assignment now = assignments.get(number);
                TopicPartition id = new TopicPartition(name, number);
                leaders.merge(now.leader(), 1, Integer::sum);
                now.replicas().forEach(replica -> replicas.merge(replica, 1, Integer::sum));
                if (now.isr().size() < now.replicas().size()) {
                    underReplicated.add(new UnderReplicated(id, now.leader(), now.replicas(), now.isr()));
                }
                if (now.leader() == Elections.NO_LEADER) {
                    offline.add(id);
                }
            }
        }
        Set<Integer> live = brokers.live();
        List<BrokerState> states = brokers.known().stream().map(broker -> new BrokerState(broker.id(), broker.url(),
                broker.rack(), live.contains(broker.id()), agreement.cpMembers().contains(broker.id()), leaders.getOrDefault(broker.id(), 0),
                replicas.getOrDefault(broker.id(), 0))).toList();
        return new ClusterDescription(controller.epoch() == 0 ? -1 : controller.broker(), controller.epoch(),
                agreement.incarnation(), agreement.available(), agreement.problem(), states, underReplicated, offline);
    }
}
