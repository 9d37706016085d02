package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AnswerBodyTest {
    private static List<ByteBuffer> pieces(byte[] bytes, int... ends) {
        List<ByteBuffer> pieces = new ArrayList<>();
        int from = 0;
        for (int end : ends) {
            pieces.add(ByteBuffer.wrap(bytes, from, end - from));
            from = end;
        }
        return pieces;
    }

    @Test
    void allPiecesAreWrittenInOrder() throws IOException {
        byte[] bytes = new byte[300_000];
        new Random(1).nextBytes(bytes);
        AnswerBody body = new AnswerBody(pieces(bytes, 10, 10, 200_000, 300_000));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        body.write(out);
        assertThat(body.length()).isEqualTo(300_000);
        assertThat(out.toByteArray()).isEqualTo(bytes);
    }

    @Test
    void whatIsClosedWhileItIsWrittenIsNotWrittenWhole() {
        AnswerBody body = new AnswerBody(pieces(new byte[1000], 500, 1000));
        assertThatIOException().isThrownBy(() -> body.write(new OutputStream() {
            @Override
            public void write(int octet) {
                throw new AssertionError("pieces are written at once");
            }

            @Override
            public void write(byte[] bytes, int from, int count) {
                body.close();
            }
        })).withMessageContaining("500 of its 1000");
    }

    @Test
    void whatIsClosedAfterItsLastPieceWasTakenIsWrittenWhole() throws IOException {
        AnswerBody body = new AnswerBody(pieces(new byte[1000], 1000));
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int from, int count) {
                body.close();
                super.write(bytes, from, count);
            }
        };
        body.write(out);
        assertThat(out.size()).isEqualTo(1000);
    }

    @Test
    @Timeout(60)
    void nothingIsKeptOfWhatWasWrittenOrClosed() throws Exception {
        List<WeakReference<byte[]>> arrays = new ArrayList<>();
        AnswerBody written = body(arrays);
        written.write(new ByteArrayOutputStream());
        AnswerBody closed = body(arrays);
        closed.close();
        while (arrays.stream().anyMatch(array -> array.get() != null)) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertThat(written.length()).isEqualTo(closed.length()).isEqualTo(1000);
    }

    private static AnswerBody body(List<WeakReference<byte[]>> arrays) {
        byte[] bytes = new byte[1000];
        arrays.add(new WeakReference<>(bytes));
        return new AnswerBody(pieces(bytes, 500, 1000));
    }
}
