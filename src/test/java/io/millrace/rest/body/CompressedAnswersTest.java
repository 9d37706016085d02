package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.rest.dialect.MediaTypes;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.WriterInterceptorContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class CompressedAnswersTest {
    private static final byte[] LARGE = new byte[5_000];

    private final CompressedAnswers answers = new CompressedAnswers();
    private final MultivaluedMap<String, Object> headers = new MultivaluedHashMap<>();
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    /** As they were when the first byte came: later ones are not sent. */
    private MultivaluedMap<String, Object> sent;
    private OutputStream out = new OutputStream() {
        @Override
        public void write(int b) {
            sent = sent == null ? new MultivaluedHashMap<>(headers) : sent;
            written.write(b);
        }
    };

    private void answer(String type, byte[] entity, List<String> accepted, long memory) throws IOException {
        answers.coding = new AnswerCoding(true, AnswerCoding.WORTH_BYTES);
        answers.budget = new MemoryBudget(memory);
        headers.putSingle(HttpHeaders.CONTENT_LENGTH, entity.length);
        WriterInterceptorContext context = (WriterInterceptorContext) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {WriterInterceptorContext.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "getHeaders":
                            return headers;
                        case "getMediaType":
                            return new MediaType(type.split("/")[0], type.split("/")[1]);
                        case "getEntity":
                            return entity;
                        case "getProperty":
                            return accepted;
                        case "getOutputStream":
                            return out;
                        case "setOutputStream":
                            out = (OutputStream) arguments[0];
                            return null;
                        default:
                            out.write(entity);
                            return null;
                    }
                });
        answers.aroundWriteTo(context);
        assertThat(answers.budget.bytesInUse()).isZero();
    }

    @Test
    void aLargeAnswerIsCompressedAndSaysSoBeforeItsFirstByte() throws IOException {
        answer(MediaTypes.JSON_RECORDS, LARGE, List.of("gzip"), 1 << 20);
        assertThat(sent.getFirst(HttpHeaders.CONTENT_ENCODING)).isEqualTo("gzip");
        assertThat(sent).doesNotContainKey(HttpHeaders.CONTENT_LENGTH);
        assertThat(sent.getFirst(HttpHeaders.VARY)).isEqualTo(HttpHeaders.ACCEPT_ENCODING);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(written.toByteArray()))) {
            assertThat(in.readAllBytes()).isEqualTo(LARGE);
        }
    }

    @Test
    void whatIsSmallOrOfBatchesOrNotWantedSoOrWithoutMemoryGoesAsItIs() throws IOException {
        goesAsItIs(MediaTypes.JSON_RECORDS, new byte[500], List.of("gzip"), 1 << 20);
        goesAsItIs(MediaTypes.BATCH, LARGE, List.of("gzip"), 1 << 20);
        goesAsItIs(MediaTypes.JSON, LARGE, null, 1 << 20);
        goesAsItIs(MediaTypes.JSON, LARGE, List.of("br"), 1 << 20);
        goesAsItIs(MediaTypes.JSON, LARGE, List.of("gzip"), 1 << 10);
    }

    private void goesAsItIs(String type, byte[] entity, List<String> accepted, long memory) throws IOException {
        written.reset();
        answer(type, entity, accepted, memory);
        assertThat(written.toByteArray()).isEqualTo(entity);
        assertThat(headers).doesNotContainKey(HttpHeaders.CONTENT_ENCODING);
        assertThat(headers.getFirst(HttpHeaders.CONTENT_LENGTH)).isEqualTo(entity.length);
    }
}
