package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineSplitterTest {
    private final List<String> lines = new ArrayList<>();

    private void keep(long number, byte[] line) {
        lines.add(number + ":" + new String(line, StandardCharsets.UTF_8));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void linesAreTheSameWhereverTheBodyIsCut() {
        byte[] body = "{\"a\":\"gr\u00fc\u00df \ud83d\ude00\"}\r\n\n  \n{\"b\":2}\n{\"c\":3}".getBytes(StandardCharsets.UTF_8);
        List<String> expected = List.of("1:{\"a\":\"gr\u00fc\u00df \ud83d\ude00\"}", "4:{\"b\":2}", "5:{\"c\":3}");
        for (int cut = 0; cut <= body.length; cut++) {
            lines.clear();
            LineSplitter splitter = new LineSplitter(100, more -> { });
            splitter.take(ByteBuffer.wrap(body, 0, cut), this::keep);
            splitter.take(ByteBuffer.wrap(body, cut, body.length - cut), this::keep);
            splitter.finish(this::keep);
            assertThat(lines).as("cut at " + cut).isEqualTo(expected);
        }
    }

    @Test
    void manyLinesInPiecesOfAnySizeComeOutAsTheyWere() {
        Random random = new Random(7);
        StringBuilder body = new StringBuilder();
        List<String> expected = new ArrayList<>();
        for (int i = 1; i <= 500; i++) {
            String line = "x".repeat(1 + random.nextInt(3_000));
            expected.add(i + ":" + line);
            body.append(line).append(random.nextBoolean() ? "\n" : "\r\n");
        }
        ByteBuffer all = bytes(body.toString());
        LineSplitter splitter = new LineSplitter(3_000, more -> assertThat(more).isLessThanOrEqualTo(3_001));
        while (all.hasRemaining()) {
            int size = Math.min(all.remaining(), 1 + random.nextInt(5_000));
            splitter.take(all.slice(all.position(), size), this::keep);
            all.position(all.position() + size);
        }
        splitter.finish(this::keep);
        assertThat(lines).isEqualTo(expected);
    }

    @Test
    void aLineOfTheLargestSizeIsTakenAndALongerOneIsRefusedByItsNumber() {
        LineSplitter splitter = new LineSplitter(5, more -> { });
        splitter.take(bytes("12345\r\n12345\n"), this::keep);
        assertThat(lines).containsExactly("1:12345", "2:12345");
        assertThatThrownBy(() -> splitter.take(bytes("123456\n"), this::keep)).isInstanceOf(RequestException.class)
                .hasMessageContaining("line 3").hasMessageContaining("5 bytes");
    }

    @Test
    void aByteOrderMarkIsRefused() {
        LineSplitter splitter = new LineSplitter(50, more -> { });
        assertThatThrownBy(() -> splitter.take(bytes("\ufeff{}\n"), this::keep)).hasMessageContaining("byte order mark");
    }

    @Test
    void whatIsKeptOfALineIsToldBefore() {
        LineSplitter splitter = new LineSplitter(1 << 20, more -> {
            if (more > 4_096) {
                throw RequestException.overloaded("no memory");
            }
        });
        splitter.take(bytes("x".repeat(4_096)), this::keep);
        assertThatThrownBy(() -> splitter.take(bytes("x"), this::keep)).hasMessage("no memory");
    }
}
