package io.millrace.metadata.registers;

import io.millrace.metadata.Topic;
import java.util.List;
import java.util.UUID;

/** What the register {@code topic/<name>} holds. */
sealed interface TopicRegister {
    /** As {@link Entry#pageSize}: all partitions are in the topic's own register. */
    int WHOLE = Integer.MAX_VALUE;

    UUID id();

    /**
     * A topic.
     *
     * @param topic      with the assignments of its first page
     * @param partitions their number in all pages
     * @param pageSize   of a page, in partitions, or {@link #WHOLE}
     */
    record Entry(Topic topic, int partitions, int pageSize) implements TopicRegister {
        static Entry whole(Topic topic) {
            return new Entry(topic, topic.partitions().size(), WHOLE);
        }

        /** Of all assignments of a topic, those of its first page. */
        static Entry paged(Topic topic, int pageSize) {
            List<Topic.Assignment> all = topic.partitions();
            return new Entry(topic.withPartitions(all.subList(0, Math.min(pageSize, all.size()))), all.size(), pageSize);
        }

        @Override
        public UUID id() {
            return topic.id();
        }

        int pages() {
            return StoredTopic.pages(partitions, pageSize);
        }
    }

    /**
     * No topic: one is being created or was deleted, and its pages may be there. Whoever changes the register takes the
     * claim over.
     *
     * @param pages how many the topic is to have, or had
     */
    record Claim(UUID id, int pages) implements TopicRegister {
    }
}
