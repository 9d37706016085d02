package io.millrace.rest.body;

import io.millrace.rest.dialect.AcceptEncoding;
import java.util.List;

/**
 * Which answers are compressed.
 *
 * @param enabled  whether any is
 * @param minBytes smaller ones are not worth it, in bytes
 */
public record AnswerCoding(boolean enabled, int minBytes) {
    /** Smaller answers fit into a packet or two. */
    public static final int WORTH_BYTES = 1024;

    /** @param accepted the values of Accept-Encoding, or null */
    public boolean prefersGzip(List<String> accepted) {
        return enabled && AcceptEncoding.of(accepted).prefersGzip();
    }

    /** As above, of an answer of so many bytes. */
    public boolean prefersGzip(List<String> accepted, long bytes) {
        AcceptEncoding encoding = AcceptEncoding.of(accepted);
        return enabled && (bytes >= minBytes ? encoding.prefersGzip() : encoding.needsGzip());
    }
}
