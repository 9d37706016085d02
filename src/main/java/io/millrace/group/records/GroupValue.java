package io.millrace.group.records;

import io.millrace.coordinator.fields.FrozenBytes;
import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.offsets.CommittedOffset;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** What a record of {@code __consumer_offsets} says of its key; each {@link GroupKey} has the value of its name. */
public sealed interface GroupValue {
    /**
     * How far a group has come in a partition.
     *
     * @param topicId of the topic that it was committed in, or {@link #NO_TOPIC_ID}
     */
    record Offset(UUID topicId, CommittedOffset committed) implements GroupValue {
        /** Whoever committed it did not say. */
        public static final UUID NO_TOPIC_ID = new UUID(0, 0);
    }

    /**
     * What concerns a group as a whole; the first five are those of {@link io.millrace.group.membership.Membership}.
     *
     * @param anew the topics, by name, whose offsets are not the first that the group has under that name, because it had
     *             committed in an earlier topic of it; with the id of the present one
     */
    record Metadata(int epoch, String assignor, long inputs, long emptySinceMs, SortedMap<String, UUID> topicIds,
                    SortedMap<String, UUID> anew) implements GroupValue {
        public Metadata {
            topicIds = Collections.unmodifiableSortedMap(new TreeMap<>(topicIds));
            anew = Collections.unmodifiableSortedMap(new TreeMap<>(anew));
        }
    }

    /**
     * A consumer instance in a group.
     *
     * @param member its name is that of the key
     * @param kept   where it goes on although nothing is committed there
     */
    record Member(GroupMember member, Kept kept) implements GroupValue {
    }

    /**
     * Under a key that this version does not know.
     *
     * @param bytes the whole value, read-only
     */
    record Unknown(ByteBuffer bytes) implements GroupValue {
        public Unknown {
            bytes = FrozenBytes.copy(bytes);
        }

        @Override
        public ByteBuffer bytes() {
            return bytes.duplicate();
        }
    }
}
