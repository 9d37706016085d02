package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.delivery.HandedOn;
import io.millrace.rest.internal.PollAnswerCodec.Question;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class PollAnswerCodecTest {
    private static final Question QUESTION = new Question("billing", "consumer-ä", new HandedOn(1L << 33, 0));
    private static final Question OF_A_PART = new Question("billing", "c", new HandedOn(7, 1L << 40));

    @Test
    void aQuestionArrivesAsItWasSent() {
        assertThat(PollAnswerCodec.decode(PollAnswerCodec.encode(QUESTION))).isEqualTo(QUESTION);
        assertThat(PollAnswerCodec.decode(PollAnswerCodec.encode(OF_A_PART))).isEqualTo(OF_A_PART);
    }

    @Test
    void whatIsCutOffOrOfAnotherVersionIsRefused() {
        ByteBuffer whole = PollAnswerCodec.encode(QUESTION);
        for (int length = 0; length < whole.limit(); length++) {
            ByteBuffer cut = whole.duplicate().limit(length);
            assertThatThrownBy(() -> PollAnswerCodec.decode(cut)).isInstanceOf(InvalidMessageException.class);
        }
        ByteBuffer other = ByteBuffer.allocate(whole.limit()).put(whole.duplicate()).flip().put(0, (byte) 9);
        assertThatThrownBy(() -> PollAnswerCodec.decode(other)).isInstanceOf(InvalidMessageException.class);
    }

    @Test
    void onlyAClearYesIsOne() {
        assertThat(PollAnswerCodec.isYes(PollAnswerCodec.answer(true))).isTrue();
        assertThat(PollAnswerCodec.isYes(PollAnswerCodec.answer(false))).isFalse();
        assertThat(PollAnswerCodec.isYes(PollAnswerCodec.notYet())).isFalse();
        assertThat(PollAnswerCodec.isNotYet(PollAnswerCodec.notYet())).isTrue();
        assertThat(PollAnswerCodec.isNotYet(PollAnswerCodec.answer(true))).isFalse();
        assertThat(PollAnswerCodec.isYes(new byte[0])).isFalse();
        assertThat(PollAnswerCodec.isYes("an error".getBytes())).isFalse();
    }
}
