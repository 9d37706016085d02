package io.millrace.rest.forwarding;

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
 * What a broker answers to a request that was passed on to it; the body is yet to come. To be closed, whether the body
 * was written or not.
 */
final class PassedAnswer implements AutoCloseable {
    private static final String OWN_PREFIX = "millrace-";
    private static final Set<String> PASSED = Set.of("content-type", "content-length", "retry-after", "idempotency-replayed");

    /** A header of the answer. */
    record Header(String name, String value) {
    }

    private final int status;
    private final List<Header> headers;
    private final InputStream body;

    /**
     * @param ownerHeader names the header that says who answered
     * @param ownerUrl    base URL of that broker
     */
    PassedAnswer(HttpResponse<InputStream> response, String ownerHeader, String ownerUrl) {
        this.status = response.statusCode();
        this.headers = passedOn(response.headers(), ownerHeader);
        this.headers.add(new Header(ownerHeader, ownerUrl));
        this.body = response.body();
    }

    private static List<Header> passedOn(HttpHeaders headers, String ownerHeader) {
        List<Header> passed = new ArrayList<>();
        headers.map().forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (PASSED.contains(lower)
                    || lower.startsWith(OWN_PREFIX) && !lower.equalsIgnoreCase(ownerHeader)) {
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

    /** The value of a header that is passed on; null when there is none. */
    String header(String name) {
        return headers.stream().filter(header -> header.name().equalsIgnoreCase(name)).map(Header::value).findFirst().orElse(null);
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
            throw new UncheckedIOException("the connection to the other broker could not be given up", e);
        }
    }
}
