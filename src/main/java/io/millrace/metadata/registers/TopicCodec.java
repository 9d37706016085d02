package io.millrace.metadata.registers;

import io.millrace.metadata.Topic;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A topic's registers as JSON that a person can read. Canonical: equal ones give equal text, because compare-and-set
 * compares text. Bound through mutable beans, which every JSON-B implementation knows, unlike records.
 *
 * <p>A topic that is in one register is written as it always was. One in pages has {@code assignments} instead of {@code
 * partitions}: a server of an earlier version must not take the first page for all of it, and does not take it for a topic.
 */
public final class TopicCodec {
    private final Jsonb jsonb = JsonbBuilder.create();

    /** The JSON of a topic's register. */
    public static final class TopicBean {
        public String name;
        public String id;
        public Integer controllerEpoch;
        public TreeMap<String, String> overrides;
        /** Of all partitions. */
        public List<AssignmentBean> partitions;
        /** Of the first page, with {@link #partitionCount} and {@link #pageSize}, where there are others. */
        public List<AssignmentBean> assignments;
        public Integer partitionCount;
        public Integer pageSize;
        /** The number of pages that there may be, where this is only a claim. */
        public Integer claimedPages;
    }

    /** The JSON of a page. */
    public static final class PageBean {
        public String id;
        public int controllerEpoch;
        public long floor;
        public List<AssignmentBean> assignments;
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

    /** A topic that is in one register. */
    public String encode(Topic topic) {
        return encode(TopicRegister.Entry.whole(topic));
    }

    String encode(TopicRegister register) {
        TopicBean bean = new TopicBean();
        bean.id = register.id().toString();
        if (register instanceof TopicRegister.Claim claim) {
            bean.claimedPages = claim.pages();
        } else if (register instanceof TopicRegister.Entry entry) {
            Topic topic = entry.topic();
            bean.name = topic.name();
            bean.controllerEpoch = topic.controllerEpoch();
            bean.overrides = new TreeMap<>(topic.overrides());
            if (entry.pageSize() == TopicRegister.WHOLE) {
                bean.partitions = beans(topic.partitions());
            } else {
                bean.assignments = beans(topic.partitions());
                bean.partitionCount = entry.partitions();
                bean.pageSize = entry.pageSize();
            }
        }
        return jsonb.toJson(bean);
    }

    String encode(PageRegister page) {
        PageBean bean = new PageBean();
        bean.id = page.topicId().toString();
        bean.controllerEpoch = page.controllerEpoch();
        bean.floor = page.floor();
        bean.assignments = beans(page.assignments());
        return jsonb.toJson(bean);
    }

    /** @throws IllegalStateException when the text is not a topic's register */
    TopicRegister decode(String json) {
        try {
            TopicBean bean = jsonb.fromJson(json, TopicBean.class);
            UUID id = UUID.fromString(bean.id);
            if (bean.claimedPages != null) {
                return new TopicRegister.Claim(id, bean.claimedPages);
            }
            boolean whole = bean.pageSize == null;
            Topic topic = new Topic(bean.name, id, bean.controllerEpoch, Map.copyOf(bean.overrides),
                    assignments(whole ? bean.partitions : bean.assignments));
            return whole ? TopicRegister.Entry.whole(topic)
                    : new TopicRegister.Entry(topic, bean.partitionCount, bean.pageSize);
        } catch (JsonbException | NullPointerException | IllegalArgumentException notATopic) {
            throw new IllegalStateException("not a topic's register: " + json, notATopic);
        }
    }

    /** @throws IllegalStateException when the text is not a page's register */
    PageRegister decodePage(String json) {
        try {
            PageBean bean = jsonb.fromJson(json, PageBean.class);
            return new PageRegister(UUID.fromString(bean.id), bean.controllerEpoch, bean.floor, assignments(bean.assignments));
        } catch (JsonbException | NullPointerException | IllegalArgumentException notAPage) {
            throw new IllegalStateException("not the register of a topic's page: " + json, notAPage);
        }
    }

    private static List<AssignmentBean> beans(List<Topic.Assignment> assignments) {
        return assignments.stream().map(TopicCodec::bean).toList();
    }

    private static AssignmentBean bean(Topic.Assignment assignment) {
        AssignmentBean bean = new AssignmentBean();
        bean.leader = assignment.leader();
        bean.leaderEpoch = assignment.leaderEpoch();
        bean.replicas = assignment.replicas();
        bean.isr = assignment.isr();
        if (assignment.move() != null) {
            bean.from = assignment.move().from();
            bean.to = assignment.move().to();
        }
        if (assignment.uncleanEpoch() >= 0) {
            bean.uncleanEpoch = assignment.uncleanEpoch();
        }
        return bean;
    }

    private static List<Topic.Assignment> assignments(List<AssignmentBean> beans) {
        return beans.stream().map(TopicCodec::assignment).toList();
    }

    private static Topic.Assignment assignment(AssignmentBean bean) {
        return new Topic.Assignment(bean.leader, bean.leaderEpoch, List.copyOf(bean.replicas), List.copyOf(bean.isr),
                bean.to == null ? null : new Topic.Move(List.copyOf(bean.from), List.copyOf(bean.to)),
                bean.uncleanEpoch == null ? -1 : bean.uncleanEpoch);
    }
}
