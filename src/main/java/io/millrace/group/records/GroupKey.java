package io.millrace.group.records;

import io.millrace.coordinator.fields.FrozenBytes;
import java.nio.ByteBuffer;

/** What a record of {@code __consumer_offsets} is about. */
public sealed interface GroupKey {
    /** What this version knows is about a group. */
    sealed interface OfGroup extends GroupKey {
        /** Its name. */
        String group();
    }

    /** How far a group has come in a partition. */
    record Offset(String group, String topic, int partition) implements OfGroup {
    }

    /** What concerns a group as a whole. */
    record Metadata(String group) implements OfGroup {
    }

    /** A consumer instance in a group. @param name unique in the group */
    record Member(String group, String name) implements OfGroup {
    }

    /**
     * Of a type that this version does not know: to be passed over.
     *
     * @param bytes the whole key, read-only
     */
    record Unknown(ByteBuffer bytes) implements GroupKey {
        public Unknown {
            bytes = FrozenBytes.copy(bytes);
        }

        @Override
        public ByteBuffer bytes() {
            return bytes.duplicate();
        }
    }
}
