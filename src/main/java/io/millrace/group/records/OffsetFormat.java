package io.millrace.group.records;

import io.millrace.coordinator.fields.FieldReader;
import io.millrace.coordinator.fields.FieldWriter;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.Position;
import java.nio.ByteBuffer;
import java.util.UUID;

/** Committed offsets as Kafka writes them. */
final class OffsetFormat {
    /** Of keys that only very old logs have, and Kafka still reads; as {@link #KEY_TYPE} otherwise. */
    static final int LEGACY_KEY_TYPE = 0;
    static final int KEY_TYPE = 1;

    /** The version whose values have a time of their own to expire at. */
    private static final int WITH_EXPIRY = 1;
    private static final int FIRST_WITH_LEADER_EPOCH = 3;
    /** Compact strings and tagged fields from here on. */
    private static final int FIRST_FLEXIBLE = 4;
    private static final int NEWEST = 4;
    private static final int TOPIC_ID_TAG = 0;
    private static final int TOPIC_ID_BYTES = 16;

    private OffsetFormat() {
    }

    static ByteBuffer writeKey(GroupKey.Offset key) {
        return new FieldWriter().int16(KEY_TYPE).string("group", key.group()).string("topic", key.topic())
                .int32(key.partition()).written();
    }

    /** @param in after the type */
    static GroupKey.Offset readKey(FieldReader in) {
        return new GroupKey.Offset(in.string("group"), in.string("topic"), in.int32("partition"));
    }

    static ByteBuffer writeValue(GroupValue.Offset value) {
        CommittedOffset committed = value.committed();
        FieldWriter out = new FieldWriter().int16(NEWEST).int64(committed.offset())
                .int32(committed.position().leaderEpoch()).compactString("metadata", committed.metadata())
                .int64(committed.committedAtMs());
        if (value.topicId().equals(GroupValue.Offset.NO_TOPIC_ID)) { // Kafka leaves tagged fields out that have their default
            return out.unsignedVarint(0).written();
        }
        return out.unsignedVarint(1).unsignedVarint(TOPIC_ID_TAG).unsignedVarint(TOPIC_ID_BYTES).uuid(value.topicId()).written();
    }

    static GroupValue.Offset readValue(FieldReader in) {
        int version = in.int16("version");
        if (version < 0 || version > NEWEST) {
            throw in.unreadable("it has version " + version + ", and this server knows 0 to " + NEWEST);
        }
        boolean flexible = version >= FIRST_FLEXIBLE;
        long offset = in.int64("offset");
        int leaderEpoch = version >= FIRST_WITH_LEADER_EPOCH ? in.int32("leader epoch") : Position.NO_EPOCH;
        String metadata = flexible ? in.compactString("metadata") : in.string("metadata");
        long committedAtMs = in.int64("commit timestamp");
        if (version == WITH_EXPIRY) {
            in.skip("expire timestamp", Long.BYTES);
        }
        UUID topicId = flexible ? readTopicId(in) : GroupValue.Offset.NO_TOPIC_ID;
        return new GroupValue.Offset(topicId, new CommittedOffset(new Position(offset, leaderEpoch), committedAtMs, metadata));
    }

    /** Tags of later versions are passed over. */
    private static UUID readTopicId(FieldReader in) {
        UUID topicId = GroupValue.Offset.NO_TOPIC_ID;
        for (int left = in.unsignedVarint("number of tagged fields"); left > 0; left--) {
            int tag = in.unsignedVarint("tag");
            int bytes = in.unsignedVarint("size of a tagged field");
            if (tag != TOPIC_ID_TAG) {
                in.skip("tagged field " + tag, bytes);
            } else if (bytes == TOPIC_ID_BYTES) {
                topicId = in.uuid("topic id");
            } else {
                throw in.unreadable("its topic id has " + bytes + " bytes, not " + TOPIC_ID_BYTES);
            }
        }
        return topicId;
    }
}
