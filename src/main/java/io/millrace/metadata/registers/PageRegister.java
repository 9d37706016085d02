package io.millrace.metadata.registers;

import io.millrace.metadata.Topic;
import java.util.List;
import java.util.UUID;

/**
 * What the register {@code topic-page/<name>/<number>} holds. It counts only while the topic's own register has the same
 * id, and as far as that one's number of partitions goes.
 *
 * @param topicId         of the topic
 * @param controllerEpoch of the controller that last changed an assignment here: an older one changes none any more
 * @param floor           the version of the register that had these assignments before, so that versions go on from
 *                        there; 0: none had
 * @param assignments     by partition, from the page's first on
 */
record PageRegister(UUID topicId, int controllerEpoch, long floor, List<Topic.Assignment> assignments) {
}
