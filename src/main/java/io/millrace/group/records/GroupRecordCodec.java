package io.millrace.group.records;

import io.millrace.coordinator.RecordCodec;
import io.millrace.coordinator.fields.FieldReader;
import io.millrace.coordinator.fields.FieldWriter;
import java.nio.ByteBuffer;

/**
 * Groups as records: committed offsets as Kafka writes them, the rest under types of keys that Kafka does not use, and that
 * its tools pass over. Keys of types that this version does not know are {@link GroupKey.Unknown}. No buffer that is given is
 * changed, nor its position moved. Thread-safe.
 */
public final class GroupRecordCodec implements RecordCodec<GroupKey, GroupValue> {
    /** Far from Kafka's, whose types are counted from 0. */
    private static final int METADATA_KEY_TYPE = 1001;
    private static final int MEMBER_KEY_TYPE = 1002;

    private final VersionedJson json = new VersionedJson();

    /** @throws IllegalArgumentException when a name is no text, or one of more than 32767 bytes */
    @Override
    public ByteBuffer writeKey(GroupKey key) {
        if (key instanceof GroupKey.Offset offset) {
            return OffsetFormat.writeKey(offset);
        } else if (key instanceof GroupKey.Metadata metadata) {
            return new FieldWriter().int16(METADATA_KEY_TYPE).string("group", metadata.group()).written();
        } else if (key instanceof GroupKey.Member member) {
            return new FieldWriter().int16(MEMBER_KEY_TYPE).string("group", member.group()).string("name", member.name())
                    .written();
        }
        return ((GroupKey.Unknown) key).bytes();
    }

    /** @throws IllegalArgumentException when it is not of the key's kind, or has a text that cannot be written */
    @Override
    public ByteBuffer writeValue(GroupKey key, GroupValue value) {
        if (key instanceof GroupKey.Offset && value instanceof GroupValue.Offset offset) {
            return OffsetFormat.writeValue(offset);
        } else if (key instanceof GroupKey.Metadata && value instanceof GroupValue.Metadata metadata) {
            return json.write(MetadataJson.of(metadata));
        } else if (key instanceof GroupKey.Member of && value instanceof GroupValue.Member member
                && of.name().equals(member.member().name())) {
            return json.write(MemberJson.of(member));
        } else if (key instanceof GroupKey.Unknown && value instanceof GroupValue.Unknown unknown) {
            return unknown.bytes();
        }
        throw new IllegalArgumentException(value + " is no value of " + key);
    }

    /** @throws IllegalStateException when it cannot be read, or is null */
    @Override
    public GroupKey readKey(ByteBuffer bytes) {
        if (bytes == null) {
            throw new IllegalStateException("it has no key");
        }
        FieldReader in = new FieldReader("its key", bytes);
        GroupKey key;
        switch (in.int16("type")) {
            case OffsetFormat.KEY_TYPE, OffsetFormat.LEGACY_KEY_TYPE -> key = OffsetFormat.readKey(in);
            case METADATA_KEY_TYPE -> key = new GroupKey.Metadata(in.string("group"));
            case MEMBER_KEY_TYPE -> key = new GroupKey.Member(in.string("group"), in.string("name"));
            default -> {
                return new GroupKey.Unknown(bytes);
            }
        }
        in.end();
        return key;
    }

    /** @throws IllegalStateException when it cannot be read */
    @Override
    public GroupValue readValue(GroupKey key, ByteBuffer bytes) {
        FieldReader in = new FieldReader(key, bytes);
        if (key instanceof GroupKey.Offset) {
            GroupValue.Offset value = OffsetFormat.readValue(in);
            in.end();
            return value;
        } else if (key instanceof GroupKey.Metadata) {
            return json.read(in, MetadataJson.Bean.class, MetadataJson::read);
        } else if (key instanceof GroupKey.Member member) {
            return json.read(in, MemberJson.Bean.class, bean -> MemberJson.read(member.name(), bean));
        }
        return new GroupValue.Unknown(bytes);
    }
}
