package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.group.GroupDescription.State;
import io.millrace.group.GroupSummary;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupListCodecTest {
    private static final List<GroupSummary> GROUPS = List.of(new GroupSummary("billing", State.STABLE, 2),
            new GroupSummary("käse", State.EMPTY, 0), new GroupSummary("x".repeat(249), State.RECONCILING, 1 << 20));

    @Test
    void whatIsWrittenIsRead() {
        assertThat(GroupListCodec.decode(GroupListCodec.encode(GROUPS))).isEqualTo(GROUPS);
        assertThat(GroupListCodec.decode(GroupListCodec.encode(List.of()))).isEmpty();
    }

    @Test
    void whatIsCutShortOrTooLongOrOfAnotherVersionIsRefused() {
        ByteBuffer whole = GroupListCodec.encode(GROUPS);
        for (int length = 0; length < whole.limit(); length++) {
            refused(whole.slice(0, length));
        }
        refused(ByteBuffer.allocate(whole.limit() + 1).put(whole.duplicate()).rewind());
        refused(whole.duplicate().put(0, (byte) (GroupListCodec.VERSION + 1)));
    }

    @Test
    void aStateThatIsNotKnownAndFewerThanNoMembersAreRefused() {
        ByteBuffer whole = GroupListCodec.encode(List.of(new GroupSummary("a", State.STABLE, 2)));
        int state = whole.limit() - 2 * Integer.BYTES;
        refused(copy(whole).putInt(state, State.values().length));
        refused(copy(whole).putInt(state + Integer.BYTES, -1));
    }

    @Test
    void aListThatWouldFillTheMemoryIsNotTaken() {
        assertThatCode(() -> GroupListCodec.requireTakeable(GroupListCodec.MAX_BYTES)).doesNotThrowAnyException();
        assertThatExceptionOfType(BrokerException.class)
                .isThrownBy(() -> GroupListCodec.requireTakeable(GroupListCodec.MAX_BYTES + 1L))
                .satisfies(refusal -> assertThat(refusal.kind()).isEqualTo(ErrorKind.OVERLOADED));
    }

    private static ByteBuffer copy(ByteBuffer message) {
        return ByteBuffer.allocate(message.limit()).put(message.duplicate()).flip();
    }

    private static void refused(ByteBuffer message) {
        assertThatExceptionOfType(InvalidMessageException.class).isThrownBy(() -> GroupListCodec.decode(message));
    }
}
