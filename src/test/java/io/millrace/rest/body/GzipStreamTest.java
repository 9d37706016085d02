package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class GzipStreamTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void aFlushLetsOutWhatWasWrittenBefore() throws IOException {
        GzipStream stream = new GzipStream(out);
        for (int i = 0; i < 3; i++) {
            stream.write(("record " + i + "\n").getBytes(StandardCharsets.UTF_8));
            stream.flush();
            try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
                String expected = "record 0\nrecord 1\nrecord 2\n".substring(0, 9 * (i + 1));
                assertThat(new String(in.readNBytes(expected.length()), StandardCharsets.UTF_8)).isEqualTo(expected);
            }
        }
        stream.close();
        stream.close();
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
            assertThat(in.readAllBytes()).hasSize(27);
        }
    }

    @Test
    void itsMemoryEndsAlsoWhereItsEndCannotBeWritten() throws IOException {
        boolean[] gone = {false};
        GzipStream stream = new GzipStream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                if (gone[0]) {
                    throw new IOException("reset");
                }
            }
        });
        stream.write(1);
        gone[0] = true;
        assertThatThrownBy(stream::close).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> stream.write(2)).isInstanceOf(Exception.class);
    }
}
