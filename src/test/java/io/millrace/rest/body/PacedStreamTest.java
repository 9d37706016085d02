package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PacedStreamTest {
    private long now;

    @Test
    void anAnswerIsWrittenInPieces() throws IOException {
        ByteArrayOutputStream taken = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int from, int length) {
                assertThat(length).isLessThanOrEqualTo(PacedStream.PIECE_BYTES);
                super.write(bytes, from, length);
            }
        };
        byte[] answer = new byte[3 * PacedStream.PIECE_BYTES + 5];
        answer[answer.length - 1] = 7;

        new PacedStream(taken, 1_000, () -> now).write(answer);

        assertThat(taken.toByteArray()).isEqualTo(answer);
    }

    @Test
    void whoTakesTooLongIsCutOffBetweenTwoPieces() {
        ByteArrayOutputStream dripping = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int from, int length) {
                now += TimeUnit.MILLISECONDS.toNanos(400);
                super.write(bytes, from, length);
            }
        };

        assertThatThrownBy(() -> new PacedStream(dripping, 1_000, () -> now).write(new byte[10 * PacedStream.PIECE_BYTES]))
                .isInstanceOf(IOException.class).hasMessageContaining("millrace.answer.timeout.ms");
        assertThat(dripping.size()).isEqualTo(3 * PacedStream.PIECE_BYTES);
    }
}
