package io.millrace.rest.routing;

import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.ClusterSecret;
import io.millrace.rest.dialect.KeyHeader;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.TransactionHeader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * A request as its owner is to see it.
 *
 * @param path    as the client wrote it, from the slash after the application's own path on, without the query
 * @param query   as the client wrote it, or null
 * @param headers that go with it, beside those by which a broker is known
 */
record RelayedRequest(String method, String path, String query, List<Header> headers) {
    /** Of the request to the owner, or of its answer. */
    record Header(String name, String value) {
    }

    /** What the client says to whoever answers, and by what its request is followed on its way. */
    private static final List<String> PASSED = List.of("Content-Type", "Accept", "Accept-Encoding", "Last-Event-ID",
            TransactionHeader.NAME, KeyHeader.NAME,
            ConsumerRequests.POLL_HEADER, ConsumerRequests.EPOCH_HEADER, ConsumerRequests.INCARNATION_HEADER,
            "traceparent", "tracestate", "baggage");

    /**
     * @param headers the values of a header of the client's request by its name; none: an empty list
     * @param told    what this broker adds to them
     */
    static RelayedRequest of(String method, String path, String query, Function<String, List<String>> headers,
                             Map<String, String> told) {
        List<Header> passed = new ArrayList<>();
        PASSED.forEach(name -> headers.apply(name).forEach(value -> passed.add(new Header(name, value))));
        headers.apply(ClusterSecret.AUTHORIZATION).stream().filter(RelayedRequest::isOfAClient)
                .forEach(value -> passed.add(new Header(ClusterSecret.AUTHORIZATION, value)));
        told.forEach((name, value) -> passed.add(new Header(name, value)));
        return new RelayedRequest(method, path, query, List.copyOf(passed));
    }

    private static boolean isOfAClient(String authorization) {
        return !authorization.strip().toLowerCase(Locale.ROOT).startsWith(ClusterSecret.SCHEME.toLowerCase(Locale.ROOT) + " ");
    }

    /**
     * @param url of the owner, without a slash at the end; it may have a path
     * @throws RequestException 400 when it has characters that cannot be sent
     */
    HttpRequest to(String url, Peers peers, HttpRequest.BodyPublisher body) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path + (query == null ? "" : "?" + query)))
                    .method(method, body);
            BrokerHeaders.of(peers.secret(), peers.brokerId(), method, path, this::header).forEach(request::header);
            headers.forEach(header -> request.header(header.name(), header.value()));
            return request.build();
        } catch (IllegalArgumentException e) {
            throw RequestException.badRequest("the request cannot be passed on to the broker that answers it: its path,"
                    + " query, or one of its headers has characters that are not allowed there");
        }
    }

    private String header(String name) {
        return headers.stream().filter(header -> header.name().equalsIgnoreCase(name)).map(Header::value).findFirst().orElse(null);
    }

    @Override
    public String toString() {
        return "RelayedRequest[" + method + " " + path + "]";
    }
}
