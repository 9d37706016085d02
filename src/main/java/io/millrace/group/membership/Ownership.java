package io.millrace.group.membership;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.util.Map;

/** Who may speak of a partition: the member that owns it, and of the topic that has the name now. */
public final class Ownership {
    /** The caller does not say in which epoch it was given what it speaks of. */
    public static final int ANY_EPOCH = -1;

    private Ownership() {
    }

    /**
     * @param memberEpoch that the caller read in, or {@link #ANY_EPOCH}: a partition that it was given later is not its
     *                    own yet
     * @throws BrokerException FENCED when the partition is not the consumer's, or of a topic that was deleted and created anew
     */
    public static void require(Membership group, GroupMember member, TopicIdPartition partition, int memberEpoch) {
        Integer since = member.owned().get(partition.partition());
        if (since == null) {
            throw notOwned(member, partition.partition());
        } else if (!group.owns(member, partition)) {
            throw anew(member, partition.topic());
        } else if (memberEpoch != ANY_EPOCH && memberEpoch < since) {
            throw new BrokerException(ErrorKind.FENCED, ("consumer '%s' speaks of epoch %d, but partition %s was given to it"
                    + " in epoch %d: poll again").formatted(member.name(), memberEpoch, partition, since));
        }
    }

    public static BrokerException notOwned(GroupMember member, TopicPartition partition) {
        return new BrokerException(ErrorKind.FENCED, ("partition %s is not, or no longer, consumer '%s''s: its session"
                + " ended or it did not let go in time, and another may read it now; poll again, what was not"
                + " committed is delivered again").formatted(partition, member.name()));
    }

    /** @throws BrokerException NOT_ASSIGNED */
    public static void requireAssigned(GroupMember member, TopicPartition partition) {
        if (!member.owns(partition)) {
            throw new BrokerException(ErrorKind.NOT_ASSIGNED, "partition %s is not assigned to consumer '%s'"
                    .formatted(partition, member.name()));
        }
    }

    /** @throws BrokerException UNKNOWN_TOPIC when its topic was deleted, FENCED when it was created anew */
    public static void requireCurrent(GroupMember member, TopicIdPartition partition, Map<String, TopicInfo> topics) {
        TopicInfo topic = topics.get(partition.topic());
        if (topic == null) {
            throw new BrokerException(ErrorKind.UNKNOWN_TOPIC, "topic '%s' is gone".formatted(partition.topic()));
        } else if (!isCurrent(partition, topics)) {
            throw anew(member, partition.topic());
        }
    }

    public static BrokerException anew(GroupMember member, String topic) {
        return new BrokerException(ErrorKind.FENCED, ("topic '%s' was deleted and created anew since consumer '%s' was given"
                + " records of it: poll again, the new topic is read from its beginning").formatted(topic, member.name()));
    }

    /** Whether it is of the topic that has the name now. */
    public static boolean isCurrent(TopicIdPartition partition, Map<String, TopicInfo> topics) {
        TopicInfo topic = topics.get(partition.topic());
        return topic != null && topic.id().equals(partition.topicId());
    }
}
