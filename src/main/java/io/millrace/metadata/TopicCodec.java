package io.millrace.metadata;

import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A topic as JSON that a person can read. Canonical: equal topics give equal text, because compare-and-set compares
 * text. Bound through mutable beans, which every JSON-B implementation knows, unlike records.
 */
public final class TopicCodec {
    private final Jsonb jsonb = JsonbBuilder.create();

    /** The JSON of a topic. */
    public static final class TopicBean {
        public String name;
        public String id;
        public int controllerEpoch;
        public TreeMap<String, String> overrides;
        public List<AssignmentBean> partitions;
    }

    /** The JSON of a partition's assignment. */
    public static final class AssignmentBean {
        public int leader;
        public int leaderEpoch;
        public List<Integer> replicas;
        public List<Integer> isr;
        /** With {@link #to}, only while the partition moves. */
        public List<Integer> from;
        public List<Integer> to;
        /** Null: never. */
        public Integer uncleanEpoch;
    }

    public String encode(Topic topic) {
        TopicBean bean = new TopicBean();
        bean.name = topic.name();
        bean.id = topic.id().toString();
        bean.controllerEpoch = topic.controllerEpoch();
        bean.overrides = new TreeMap<>(topic.overrides());
        bean.partitions = new ArrayList<>(topic.partitions().size());
        for (Topic.Assignment assignment : topic.partitions()) {
            AssignmentBean partition = new AssignmentBean();
            partition.leader = assignment.leader();
            partition.leaderEpoch = assignment.leaderEpoch();
            partition.replicas = assignment.replicas();
            partition.isr = assignment.isr();
            if (assignment.uncleanEpoch() >= 0) {
                partition.uncleanEpoch = assignment.uncleanEpoch();
            }
            if (assignment.move() != null) {
                partition.from = assignment.move().from();
                partition.to = assignment.move().to();
            }
            bean.partitions.add(partition);
        }
        return jsonb.toJson(bean);
    }

    /** @throws IllegalStateException when the text is not a topic */
    public Topic decode(String json) {
        try {
            TopicBean bean = jsonb.fromJson(json, TopicBean.class);
            List<Topic.Assignment> partitions = new ArrayList<>(bean.partitions.size());
            for (AssignmentBean partition : bean.partitions) {
                partitions.add(new Topic.Assignment(partition.leader, partition.leaderEpoch,
                        List.copyOf(partition.replicas), List.copyOf(partition.isr), partition.to == null ? null
                        : new Topic.Move(List.copyOf(partition.from), List.copyOf(partition.to)),
                        partition.uncleanEpoch == null ? -1 : partition.uncleanEpoch));
            }
            return new Topic(bean.name, UUID.fromString(bean.id), bean.controllerEpoch, Map.copyOf(bean.overrides), List.copyOf(partitions));
        } catch (JsonbException | NullPointerException | IllegalArgumentException notATopic) {
            throw new IllegalStateException("not a topic's register: " + json, notATopic);
        }
    }
}
