package io.millrace.rest.dialect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Streaming JSON parsers whose limits fit the records they read, so that an endless string is refused before it fills
 * the memory. One for the application; thread-safe.
 */
public final class RecordParsers {
    private static final int SMALLEST_LIMIT = 1 << 16;
    private static final int MAX_NUMBER_LENGTH = 1_000;
    private static final int POOLED_BUFFERS = 64;

    /** By the longest string: powers of two, so there are few. */
    private final ConcurrentMap<Integer, JsonFactory> factories = new ConcurrentHashMap<>();

    /**
     * A parser of UTF-8, which leaves the stream open when it is closed.
     *
     * @param maxRecordBytes the largest record that its topic takes, in bytes
     */
    JsonParser parser(InputStream body, int maxRecordBytes) throws IOException {
        return factories.computeIfAbsent(longestString(maxRecordBytes), RecordParsers::factory).createParser(body);
    }

    /** No string that fits into a record is longer: base64 makes 4 characters of 3 bytes. */
    private static int longestString(int maxRecordBytes) {
        long characters = Math.max(SMALLEST_LIMIT, maxRecordBytes * 4L / 3 + 4);
        return (int) Math.min(1 << 30, Long.highestOneBit(characters - 1) << 1);
    }

    private static JsonFactory factory(int maxStringLength) {
        StreamReadConstraints limits = StreamReadConstraints.builder()
                .maxNestingDepth(JsonSyntax.MAX_NESTING)
                .maxNumberLength(MAX_NUMBER_LENGTH)
                .maxStringLength(maxStringLength)
                .build();
        return JsonFactory.builder()
                .streamReadConstraints(limits)
                // no thread-locals: they would outlive the application on the server's threads
                .recyclerPool(JsonRecyclerPools.newBoundedPool(POOLED_BUFFERS))
                .disable(JsonFactory.Feature.CHARSET_DETECTION)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .disable(com.fasterxml.jackson.core.StreamReadFeature.AUTO_CLOSE_SOURCE)
                .build();
    }
}
