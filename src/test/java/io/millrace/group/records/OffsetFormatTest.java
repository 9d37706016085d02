package io.millrace.group.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.Position;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer.UnknownRecordTypeException;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The judge from outside: Kafka's own classes for what its coordinator writes. */
class OffsetFormatTest {
    private static final GroupKey.Offset KEY = new GroupKey.Offset("gr\u00fcn", "orders", 70_000);

    private final GroupRecordCodec codec = new GroupRecordCodec();
    private final GroupCoordinatorRecordSerde field = new GroupCoordinatorRecordSerde();

    private static OffsetCommitKey fieldKey(GroupKey.Offset key) {
        return new OffsetCommitKey().setGroup(key.group()).setTopic(key.topic()).setPartition(key.partition());
    }

    private static OffsetCommitValue fieldValue(GroupValue.Offset value) {
        CommittedOffset committed = value.committed();
        return new OffsetCommitValue().setOffset(committed.offset()).setLeaderEpoch(committed.position().leaderEpoch())
                .setMetadata(committed.metadata()).setCommitTimestamp(committed.committedAtMs())
                .setTopicId(uuid(value.topicId()));
    }

    private static Uuid uuid(UUID id) {
        return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    @Test
    void ourBytesAreThoseOfKafkaAndKafkaReadsThem() {
        RandomGroups random = new RandomGroups(4);
        for (int i = 0; i < 2_000; i++) {
            GroupKey.Offset key = new GroupKey.Offset(random.text(80), random.text(80), random.partition());
            GroupValue.Offset value = random.offset();
            CoordinatorRecord record = CoordinatorRecord.record(fieldKey(key),
                    new ApiMessageAndVersion(fieldValue(value), OffsetCommitValue.HIGHEST_SUPPORTED_VERSION));
            assertThat(bytes(codec.writeKey(key))).isEqualTo(field.serializeKey(record));
            assertThat(bytes(codec.writeValue(key, value))).isEqualTo(field.serializeValue(record));
            assertThat(field.deserialize(codec.writeKey(key), codec.writeValue(key, value))).isEqualTo(record);
        }
    }

    @ParameterizedTest
    @ValueSource(shorts = {0, 1, 2, 3, 4})
    void valuesOfEveryVersionThatKafkaWritesAreRead(short version) {
        GroupValue.Offset value = new GroupValue.Offset(new UUID(3, 4),
                new CommittedOffset(new Position(1L << 40, 5), 6, "m\u00e9"));
        OffsetCommitValue written = fieldValue(value);
        if (version == 1) {
            written.setExpireTimestamp(77);
        }
        ByteBuffer bytes = MessageUtil.toVersionPrefixedByteBuffer(version, written);
        GroupValue.Offset expected = new GroupValue.Offset(version < 4 ? new UUID(0, 0) : value.topicId(),
                new CommittedOffset(new Position(1L << 40, version < 3 ? Position.NO_EPOCH : 5), 6, "m\u00e9"));
        assertThat(codec.readValue(KEY, bytes)).isEqualTo(expected);
        for (int size = 0; size < bytes.remaining(); size++) {
            ByteBuffer part = bytes.slice(0, size);
            assertThatIllegalStateException().isThrownBy(() -> codec.readValue(KEY, part))
                    .withMessageStartingWith(KEY + ": it ends within its ");
        }
    }

    @Test
    void keysOfOldLogsAreTheSameAsThoseOfNewOnes() {
        LegacyOffsetCommitKey key = new LegacyOffsetCommitKey().setGroup(KEY.group()).setTopic(KEY.topic())
                .setPartition(KEY.partition());
        LegacyOffsetCommitValue value = new LegacyOffsetCommitValue().setOffset(8).setMetadata("m").setCommitTimestamp(9);
        CoordinatorRecord record = CoordinatorRecord.record(key, new ApiMessageAndVersion(value, (short) 0));
        assertThat(codec.readKey(ByteBuffer.wrap(field.serializeKey(record)))).isEqualTo(KEY);
        assertThat(codec.readValue(KEY, ByteBuffer.wrap(field.serializeValue(record)))).isEqualTo(
                new GroupValue.Offset(new UUID(0, 0), new CommittedOffset(Position.at(8), 9, "m")));
    }

    @Test
    void taggedFieldsThatALaterKafkaAddsArePassedOver() {
        GroupValue.Offset value = new GroupValue.Offset(new UUID(3, 4), new CommittedOffset(Position.at(5), 6));
        OffsetCommitValue later = fieldValue(value);
        later.unknownTaggedFields().addAll(List.of(new RawTaggedField(1, new byte[300]), new RawTaggedField(900, new byte[0])));
        assertThat(codec.readValue(KEY, MessageUtil.toVersionPrefixedByteBuffer((short) 4, later))).isEqualTo(value);
    }

    @Test
    void damagedTagsAndSizesAreRefused() {
        byte[] head = bytes(codec.writeValue(KEY, new GroupValue.Offset(new UUID(0, 0),
                new CommittedOffset(Position.at(5), 6))));
        int metadata = 2 + 8 + 4;
        isRefused(replaced(head, metadata, 0), "its metadata has a size of -1, which must be 0 to 32767");
        isRefused(replaced(head, metadata, 0x81, 0x80, 2), "its metadata has a size of 32768, which must be 0 to 32767");
        isRefused(replaced(head, metadata, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F), "its metadata has a size of 4294967295,");
        int tags = head.length - 1;
        isRefused(replaced(head, tags, 0x80, 0x80, 0x80, 0x80, 0x80, 0),
                "number of tagged fields is a number of more than five bytes");
        isRefused(replaced(head, tags, 1, 0, 15), "its topic id has 15 bytes, not 16");
        isRefused(replaced(head, tags, 1, 7, 200, 1),
                "it ends within its tagged field 7, which needs 200 bytes where 0 are left");
        isRefused(replaced(head, tags, 0xFF, 0xFF, 0xFF, 0xFF, 7),
                "it ends within its tag, which needs 1 bytes where 0 are left");
    }

    private static byte[] replaced(byte[] head, int from, int... by) {
        ByteBuffer bytes = ByteBuffer.allocate(from + by.length).put(head, 0, from);
        Arrays.stream(by).forEach(each -> bytes.put((byte) each));
        return bytes.array();
    }

    private void isRefused(byte[] value, String why) {
        assertThatIllegalStateException().isThrownBy(() -> codec.readValue(KEY, ByteBuffer.wrap(value)))
                .withMessageContaining(why);
    }

    @Test
    void keysOfOurOwnHaveTypesThatKafkaDoesNotKnow() {
        for (GroupKey key : List.of(new GroupKey.Metadata("g"), new GroupKey.Member("g", "m"))) {
            assertThatThrownBy(() -> field.deserialize(codec.writeKey(key), null))
                    .isInstanceOf(UnknownRecordTypeException.class);
        }
        assertThat(CoordinatorRecordType.values()).allMatch(each -> each.id() < 100);
    }
}
