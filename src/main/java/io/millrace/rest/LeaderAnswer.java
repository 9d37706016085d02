package io.millrace.rest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a leader answers to a request that was passed on to it; the body is yet to come. To be closed, whether the body
 * was written or not.
 */
final class LeaderAnswer implements AutoCloseable {
    /** Says which broker leads, to clients that want to go there themselves. */
    static final String LEADER_HEADER = "Millrace-Leader";

    private static final String OWN_PREFIX = "millrace-";
    private static final Set<String> PASSED = Set.of("content-type", "content-length", "retry-after");

    /** A header of the answer. */
    record Header(String name, String value) {
    }

    private final int status;
    private final List<Header> headers;
    private final InputStream body;

    /** @param leaderUrl the base URL of the broker that answered */
    LeaderAnswer(HttpResponse<InputStream> response, String leaderUrl) {
        this.status = response.statusCode();
        this.headers = passedOn(response.headers());
        this.headers.add(new Header(LEADER_HEADER, leaderUrl));
        this.body = response.body();
    }

    private static List<Header> passedOn(HttpHeaders headers) {
        List<Header> passed = new ArrayList<>();
        headers.map().forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (PASSED.contains(lower)
                    || lower.startsWith(OWN_PREFIX) && !lower.equalsIgnoreCase(LEADER_HEADER)) {
                values.forEach(value -> passed.add(new Header(name, value)));
            }
        });
        return passed;
    }

    int status() {
        return status;
    }

    /** Those that are meant for the client. */
    List<Header> headers() {
        return headers;
    }

    boolean hasBody() {
        return status != 204 && status != 304;
    }

    void writeTo(OutputStream out) throws IOException {
        body.transferTo(out);
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the connection to the leader could not be given up", e);
        }
    }
}
