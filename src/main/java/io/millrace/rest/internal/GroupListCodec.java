package io.millrace.rest.internal;

import io.millrace.group.GroupDescription.State;
import io.millrace.group.GroupSummary;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The groups that a broker coordinates, as bytes: version, how many there are, and of each its name, state and members. */
final class GroupListCodec {
    static final byte VERSION = 1;
    /** Of a list that is taken from another broker: enough for a hundred thousand groups. */
    static final int MAX_BYTES = 8 * 1024 * 1024;

    private static final State[] STATES = State.values();
    /** State and members. */
    private static final int FIXED_BYTES = 2 * Integer.BYTES;

    private GroupListCodec() {
    }

    static ByteBuffer encode(List<GroupSummary> groups) {
        Texts names = new Texts();
        groups.forEach(group -> names.add(group.group()));
        ByteBuffer out = ByteBuffer.allocate(1 + Integer.BYTES + names.sizeInBytes() + groups.size() * FIXED_BYTES);
        out.put(VERSION).putInt(groups.size());
        for (int i = 0; i < groups.size(); i++) {
            names.put(out, i);
            out.putInt(groups.get(i).state().ordinal()).putInt(groups.get(i).members());
        }
        return out.flip();
    }

    /** @throws InvalidMessageException when these bytes are no list */
    static List<GroupSummary> decode(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        byte version = in.byteValue();
        if (version != VERSION) {
            throw new InvalidMessageException("the message has version " + version + ", only " + VERSION + " is known here");
        }
        int count = in.count("groups", Short.BYTES + FIXED_BYTES);
        List<GroupSummary> groups = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            groups.add(new GroupSummary(in.text(), STATES[in.index("state", STATES.length)], in.notNegative("the number of members")));
        }
        in.end();
        return groups;
    }

    /** @throws BrokerException OVERLOADED for a list that is too large to be taken */
    static void requireTakeable(long bytes) {
        if (bytes > MAX_BYTES) {
            throw new BrokerException(ErrorKind.OVERLOADED, "its list of groups has %d bytes, of which at most %d are taken"
                    .formatted(bytes, MAX_BYTES));
        }
    }
}
