package io.millrace.group.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.Position;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupRecordCodecTest {
    private static final int ROUNDS = 2_000;
    private static final UUID TOPIC_ID = UUID.fromString("6f1b2c3d-0000-4000-8000-000000000001");
    private static final GroupKey.Member MEMBER_KEY = new GroupKey.Member("shippers", "worker-1");
    private static final GroupKey.Metadata METADATA_KEY = new GroupKey.Metadata("shippers");

    private final GroupRecordCodec codec = new GroupRecordCodec();

    private static GroupValue.Metadata metadata() {
        return new GroupValue.Metadata(11, "sticky", -5, 12, new TreeMap<>(Map.of("orders", TOPIC_ID)), new TreeMap<>());
    }

    /** As most members are. */
    private static GroupValue.Member member() {
        TopicPartition partition = new TopicPartition("orders", 0);
        return new GroupValue.Member(new GroupMember("worker-1", new Incarnation("0123456789abcdef", true, null),
                ConsumerConfig.DEFAULT, new Subscription.Topics(new TreeSet<>(List.of("orders"))), Status.ACTIVE,
                1_700_000_000_000L, 7, new TreeMap<>(Map.of(partition, 7)), new TreeSet<>(List.of(partition))),
                new Kept(new TreeMap<>(Map.of(new TopicIdPartition(TOPIC_ID, partition), new Position(100, 3))), 12));
    }

    /** The same bytes with others around them. */
    private static ByteBuffer amid(ByteBuffer bytes) {
        ByteBuffer amid = ByteBuffer.allocate(bytes.remaining() + 64);
        amid.position(7).put(bytes.duplicate());
        return amid.flip().position(7);
    }

    private void isReadBack(GroupKey key, GroupValue value) {
        ByteBuffer keyBytes = amid(codec.writeKey(key));
        assertThat(codec.readKey(keyBytes)).isEqualTo(key).hasSameHashCodeAs(key);
        assertThat(keyBytes.position()).isEqualTo(7);
        ByteBuffer valueBytes = amid(codec.writeValue(key, value));
        assertThat(codec.readValue(key, valueBytes)).isEqualTo(value);
        assertThat(valueBytes.position()).isEqualTo(7);
    }

    @Test
    void whatIsWrittenIsReadBackAsItWas() {
        RandomGroups random = new RandomGroups(25);
        for (int i = 0; i < ROUNDS; i++) {
            isReadBack(new GroupKey.Offset(random.text(60), random.text(60), random.partition()), random.offset());
            isReadBack(new GroupKey.Metadata(random.text(60)), random.metadata());
            GroupKey.Member member = new GroupKey.Member(random.text(60), random.text(60));
            isReadBack(member, random.member(member.name()));
        }
        isReadBack(MEMBER_KEY, member());
        isReadBack(METADATA_KEY, metadata());
    }

    @Test
    void equalValuesAreEqualBytes() {
        RandomGroups random = new RandomGroups(26);
        for (int i = 0; i < ROUNDS; i++) {
            GroupValue value = random.member("worker-1");
            ByteBuffer bytes = codec.writeValue(MEMBER_KEY, value);
            assertThat(codec.writeValue(MEMBER_KEY, codec.readValue(MEMBER_KEY, bytes))).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(shorts = {-1, 2, 3, 23, 1000, 1003})
    void keysOfUnknownTypesPassWithTheirBytes(short type) {
        ByteBuffer key = ByteBuffer.allocate(5).putShort(type).put(2, new byte[] {9, 8, 7}).clear();
        ByteBuffer value = ByteBuffer.wrap(new byte[] {1, 2, 3});
        GroupKey read = codec.readKey(amid(key));
        assertThat(read).isEqualTo(new GroupKey.Unknown(key)).isNotEqualTo(new GroupKey.Unknown(value));
        isReadBack(read, new GroupValue.Unknown(value));
        assertThat(codec.writeKey(read)).isEqualTo(key);
    }

    @Test
    void bytesOfUnknownTypesDoNotChange() {
        ByteBuffer bytes = ByteBuffer.wrap(new byte[] {1, 2, 3});
        GroupKey.Unknown key = new GroupKey.Unknown(bytes);
        bytes.put(0, (byte) 9);
        key.bytes().get();
        assertThat(key.bytes()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(key).isEqualTo(new GroupKey.Unknown(ByteBuffer.wrap(new byte[] {1, 2, 3})));
        assertThatThrownBy(() -> key.bytes().put(0, (byte) 9))
                .isInstanceOf(ReadOnlyBufferException.class);
    }

    @Test
    void everyTruncationIsRefusedAndSaysWhy() {
        RandomGroups random = new RandomGroups(27);
        for (int i = 0; i < 50; i++) {
            isRefusedTruncated(new GroupKey.Offset(random.text(20), random.text(20), random.partition()), random.offset());
            isRefusedTruncated(new GroupKey.Metadata(random.text(20)), random.metadata());
            GroupKey.Member member = new GroupKey.Member(random.text(20), random.text(20));
            isRefusedTruncated(member, random.member(member.name()));
        }
    }

    private void isRefusedTruncated(GroupKey key, GroupValue value) {
        ByteBuffer keyBytes = codec.writeKey(key);
        for (int size = 0; size < keyBytes.remaining(); size++) {
            ByteBuffer part = keyBytes.slice(0, size);
            assertThatIllegalStateException().isThrownBy(() -> codec.readKey(part))
                    .withMessageStartingWith("its key: it ends within its ");
        }
        ByteBuffer valueBytes = codec.writeValue(key, value);
        for (int size = 0; size < valueBytes.remaining(); size++) {
            ByteBuffer part = valueBytes.slice(0, size);
            assertThatIllegalStateException().isThrownBy(() -> codec.readValue(key, part))
                    .withMessageStartingWith(key + ": ")
                    .withMessageMatching("(?s).*(: it ends within its |: its JSON is not UTF-8|, in JSON of ).*");
        }
    }

    @Test
    void bytesThatFollowTheEndAreRefused() {
        GroupKey.Offset key = new GroupKey.Offset("g", "t", 0);
        for (GroupKey each : List.of(key, METADATA_KEY, MEMBER_KEY)) {
            assertThatIllegalStateException().isThrownBy(() -> codec.readKey(longer(codec.writeKey(each))))
                    .withMessage("its key: 1 bytes follow its end");
        }
        ByteBuffer offset = codec.writeValue(key, new RandomGroups(1).offset());
        assertThatIllegalStateException().isThrownBy(() -> codec.readValue(key, longer(offset)))
                .withMessageContaining("1 bytes follow its end");
    }

    private static ByteBuffer longer(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining() + 1).put(bytes).clear();
    }

    @Test
    void aRecordWithoutAKeyIsRefused() {
        assertThatIllegalStateException().isThrownBy(() -> codec.readKey(null)).withMessage("it has no key");
    }

    @Test
    void namesThatAreNoTextAreRefused() {
        ByteBuffer key = ByteBuffer.allocate(5).putShort((short) 1001).putShort((short) 1).put((byte) 0xFF).flip();
        assertThatIllegalStateException().isThrownBy(() -> codec.readKey(key)).withMessage("its key: its group is not UTF-8");
        ByteBuffer negative = ByteBuffer.allocate(4).putShort((short) 1001).putShort((short) -1).flip();
        assertThatIllegalStateException().isThrownBy(() -> codec.readKey(negative))
                .withMessage("its key: its group has a size of -1, which must be 0 to 32767");
        assertThatIllegalArgumentException().isThrownBy(() -> codec.writeKey(new GroupKey.Metadata("\ud83d")))
                .withMessage("the group cannot be written as UTF-8");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.writeKey(new GroupKey.Offset("g", "\u00e9".repeat(16_384), 0)))
                .withMessage("the topic has 32768 bytes of UTF-8: allowed at most 32767");
        isReadBack(new GroupKey.Offset("g", "\u00e9".repeat(16_383), 0), new GroupValue.Offset(TOPIC_ID,
                new CommittedOffset(Position.at(5), 6, "m".repeat(32_767))));
    }

    @Test
    void valuesOfAnotherKindThanTheirKeyAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> codec.writeValue(METADATA_KEY, member()))
                .withMessageContaining("is no value of Metadata[group=shippers]");
        assertThatIllegalArgumentException().isThrownBy(
                () -> codec.writeValue(new GroupKey.Member("shippers", "worker-2"), member()))
                .withMessageContaining("is no value of Member[group=shippers, name=worker-2]");
    }

    private static ByteBuffer versioned(int version, String json) {
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + utf8.length).putShort((short) version).put(utf8).flip();
    }

    @Test
    void whatIsUsualOfAMemberIsNotWritten() {
        assertThat(codec.writeValue(MEMBER_KEY, member())).isEqualTo(versioned(0, "{\"epoch\":7,"
                + "\"incarnation\":\"0123456789abcdef\",\"lastPoll\":12,\"owned\":{\"orders\":[[0,7]]},\"positions\":{\"orders\":"
                + "{\"6f1b2c3d-0000-4000-8000-000000000001\":[[0,100,3]]}},\"since\":1700000000000,\"topics\":[\"orders\"]}"));
        GroupMember usual = GroupMember.created("worker-1", Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, 1);
        GroupValue.Member value = new GroupValue.Member(usual, KeptPositions.NONE.of("worker-1"));
        assertThat(codec.writeValue(MEMBER_KEY, value)).isEqualTo(versioned(0, "{\"epoch\":0,\"since\":1}"));
        isReadBack(MEMBER_KEY, value);
    }

    @Test
    void aGroupIsJsonThatAPersonCanRead() {
        assertThat(codec.writeValue(METADATA_KEY, metadata())).isEqualTo(versioned(0, "{\"assignor\":\"sticky\","
                + "\"emptySince\":12,\"epoch\":11,\"inputs\":\"fffffffffffffffb\","
                + "\"topicIds\":{\"orders\":\"6f1b2c3d-0000-4000-8000-000000000001\"}}"));
    }

    @Test
    void propertiesThatALaterServerAddsArePassedOver() {
        assertThat(codec.readValue(MEMBER_KEY, versioned(0, "{\"epoch\":7,\"rack\":{\"a\":[1]},\"since\":1}")))
                .isEqualTo(codec.readValue(MEMBER_KEY, versioned(0, "{\"epoch\":7,\"since\":1}")));
    }

    @Test
    void ofAnotherVersionNothingIsBelieved() {
        for (GroupKey key : List.of(METADATA_KEY, MEMBER_KEY)) {
            assertThatIllegalStateException().isThrownBy(() -> codec.readValue(key, versioned(1, "{}")))
                    .withMessage(key + ": it has version 1, and this server knows 0");
        }
        GroupKey.Offset offset = new GroupKey.Offset("g", "t", 0);
        for (int version : new int[] {-1, 5}) {
            assertThatIllegalStateException().isThrownBy(() -> codec.readValue(offset, versioned(version, "0123456789")))
                    .withMessage(offset + ": it has version " + version + ", and this server knows 0 to 4");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                                        | JSON of 0 characters
            null                                                      | JSON of 4 characters
            []                                                        | JSON of 2 characters
            nonsense                                                  | JSON of 8 characters
            {}                                                        | it has no since
            {"since":1}                                               | it has no epoch
            {"epoch":99999999999,"since":1}                           | epoch
            {"epoch":1,"since":1,"status":"GONE"}                     | GONE
            {"epoch":1,"since":1,"form":"XML"}                        | XML
            {"epoch":1,"since":1,"maxPollRecords":0}                  | max.poll.records must be 1 to
            {"epoch":1,"since":1,"pattern":"("}                       | topic_pattern
            {"epoch":1,"since":1,"topics":[null]}                     | null
            {"epoch":1,"since":1,"owned":{"t":[[0]]}}                 | a row of 1 numbers
            {"epoch":1,"since":1,"target":{"t":[9999999999]}}         | integer overflow
            {"epoch":1,"since":1,"positions":{"t":{"x":[[0,1]]}}}     | Invalid UUID string: x
            {"epoch":1,"since":1,"positions":{"t":{"0-0-0-0-0":[[0,1,2,3]]}}} | a row of 4 numbers
            """)
    void whatIsNoMemberIsRefused(String json, String why) {
        assertThatIllegalStateException().isThrownBy(() -> codec.readValue(MEMBER_KEY, versioned(0, json)))
                .withMessageStartingWith(MEMBER_KEY + ": ").withMessageContaining(why)
                .withMessageContaining("that begins with " + json);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "{\"assignor\":\"a\",\"emptySince\":1,\"epoch\":1}",
        "{\"emptySince\":1,\"epoch\":1,\"inputs\":\"0\"}", "{\"assignor\":\"a\",\"epoch\":1,\"inputs\":\"0\"}",
        "{\"assignor\":\"a\",\"emptySince\":1,\"epoch\":1,\"inputs\":\"zz\"}",
        "{\"anew\":{\"t\":\"no\"},\"assignor\":\"a\",\"emptySince\":1,\"epoch\":1,\"inputs\":\"0\"}"})
    void whatIsNoGroupIsRefused(String json) {
        assertThatIllegalStateException().isThrownBy(() -> codec.readValue(METADATA_KEY, versioned(0, json)))
                .withMessageStartingWith(METADATA_KEY + ": ").withMessageContaining("that begins with " + json);
    }

    @Test
    void aMemberWithAPartitionTakesLittleWhateverItsConfiguration() {
        GroupMember usual = member().member();
        ConsumerConfig config = new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, false, IsolationLevel.READ_COMMITTED,
                1_000, 5_000, 100, 10_000, "host-1", "range").ownedBy("alice");
        GroupMember member = new GroupMember(usual.name(), usual.incarnation(), config, usual.subscription(), usual.status(),
                usual.sinceMs(), usual.epoch(), usual.owned(), usual.target());
        isReadBack(MEMBER_KEY, new GroupValue.Member(member, member().kept()));
        assertThat(codec.writeValue(MEMBER_KEY, new GroupValue.Member(member, member().kept())).remaining()).isBetween(1, 450);
    }
}
