package io.millrace.metadata.registers;

import io.millrace.metadata.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * The assignments of some consecutive partitions of a topic, which are changed together.
 *
 * @param number          from 0
 * @param first           the first partition
 * @param version         grows with every change of one of these assignments
 * @param controllerEpoch of the controller that last changed an assignment here: an older one changes none any more
 * @param assignments     by partition, from the first on
 */
public record TopicPage(String topic, UUID topicId, int number, int first, long version, int controllerEpoch,
                        List<Topic.Assignment> assignments) {
    /** The partition after the last one. */
    public int end() {
        return first + assignments.size();
    }

    public boolean has(int partition) {
        return partition >= first && partition < end();
    }

    public Topic.Assignment assignment(int partition) {
        return assignments.get(partition - first);
    }

    public TopicPage with(int partition, Topic.Assignment changed) {
        List<Topic.Assignment> all = new ArrayList<>(assignments);
        all.set(partition - first, changed);
        return new TopicPage(topic, topicId, number, first, version, controllerEpoch, List.copyOf(all));
    }

    public TopicPage withEach(UnaryOperator<Topic.Assignment> change) {
        return new TopicPage(topic, topicId, number, first, version, controllerEpoch,
                assignments.stream().map(change).toList());
    }

    public TopicPage by(int epoch) {
        return new TopicPage(topic, topicId, number, first, version, epoch, assignments);
    }

    TopicPage at(long newVersion) {
        return new TopicPage(topic, topicId, number, first, newVersion, controllerEpoch, assignments);
    }
}
