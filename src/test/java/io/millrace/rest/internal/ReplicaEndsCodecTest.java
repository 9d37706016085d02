package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.ReplicaEnds;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReplicaEndsCodecTest {
    private static final ReplicaEndsCodec.Question QUESTION =
            new ReplicaEndsCodec.Question("orders", new UUID(3, 4), List.of(0, 7, 9_999));

    @Test
    void whatIsWrittenIsRead() {
        List<ReplicaEnd> ends = List.of(new ReplicaEnd(7, -1, 0, 0), new ReplicaEnd(9, 12, 1L << 40, 5));

        assertThat(ReplicaEndsCodec.decodeQuestion(ReplicaEndsCodec.encode(QUESTION))).isEqualTo(QUESTION);
        assertThat(ReplicaEndsCodec.decodeAnswer(ReplicaEndsCodec.encode(ends))).isEqualTo(ends);
    }

    @Test
    void whatIsCutShortOrOfAnotherVersionOrTooLargeIsRefused() {
        ByteBuffer whole = ReplicaEndsCodec.encode(QUESTION);
        for (int length = 0; length < whole.limit(); length++) {
            ByteBuffer part = whole.slice(0, length);
            assertThatExceptionOfType(InvalidMessageException.class).isThrownBy(() -> ReplicaEndsCodec.decodeQuestion(part));
            assertThatExceptionOfType(InvalidMessageException.class).isThrownBy(() -> ReplicaEndsCodec.decodeAnswer(part));
        }
        ByteBuffer other = whole.duplicate().put(0, (byte) 9);
        assertThatExceptionOfType(InvalidMessageException.class).isThrownBy(() -> ReplicaEndsCodec.decodeQuestion(other));
        ReplicaEndsCodec.Question many = new ReplicaEndsCodec.Question("a", new UUID(1, 1),
                Collections.nCopies(ReplicaEnds.MOST + 1, 1));
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> ReplicaEndsCodec.decodeQuestion(ReplicaEndsCodec.encode(many)));
    }
}
