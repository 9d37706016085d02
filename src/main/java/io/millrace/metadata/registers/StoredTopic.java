package io.millrace.metadata.registers;

import io.millrace.metadata.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A topic as its registers were when they were last read.
 *
 * @param pageSize of a page, in partitions, or {@link TopicRegister#WHOLE}
 * @param versions of the pages, see {@link TopicPage#version}; the first one's is that of the topic's own register
 */
public record StoredTopic(Topic topic, int pageSize, List<Long> versions) {
    /** All in one register. */
    public static StoredTopic whole(Topic topic, long version) {
        return new StoredTopic(topic, TopicRegister.WHOLE, List.of(version));
    }

    static int pages(int partitions, int pageSize) {
        return (partitions - 1) / pageSize + 1;
    }

    boolean isPaged() {
        return pageSize != TopicRegister.WHOLE;
    }

    public int partitionCount() {
        return topic.partitions().size();
    }

    int pages() {
        return versions.size();
    }

    /** Of the topic's own register. */
    public long version() {
        return versions.get(0);
    }

    public long version(int partition) {
        return versions.get(pageOf(partition));
    }

    public int pageOf(int partition) {
        return partition / pageSize;
    }

    public int firstOfPage(int partition) {
        return pageOf(partition) * pageSize;
    }

    /** Whether anything in it is newer; of the same topic. */
    public boolean isNewerThan(StoredTopic other) {
        if (version() != other.version() || pages() != other.pages()) {
            return version() > other.version();
        }
        return IntStream.range(1, pages()).anyMatch(page -> versions.get(page) > other.versions.get(page));
    }

    /** Whether a page that was read on its own is one of these. */
    public boolean has(TopicPage page) {
        return topic.id().equals(page.topicId()) && page.number() < pages() && page.first() == page.number() * pageSize
                && page.has(end(page.first()) - 1);
    }

    /** @param page that {@link #has is} one of these; what it has beyond the number of partitions does not count */
    public StoredTopic with(TopicPage page) {
        List<Topic.Assignment> assignments = new ArrayList<>(topic.partitions());
        for (int partition = page.first(); partition < end(page.first()); partition++) {
            assignments.set(partition, page.assignment(partition));
        }
        List<Long> changed = new ArrayList<>(versions);
        changed.set(page.number(), page.version());
        return new StoredTopic(topic.withPartitions(assignments), pageSize, List.copyOf(changed));
    }

    /** The partition after the last one of the page that begins with this one. */
    public int end(int first) {
        return (int) Math.min(partitionCount(), (long) first + pageSize);
    }
}
