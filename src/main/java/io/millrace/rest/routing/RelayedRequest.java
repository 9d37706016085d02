package io.millrace.rest.routing;

import io.millrace.agreement.Member;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.RequestHead;
import io.millrace.rest.dialect.KeyHeader;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.TransactionHeader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
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
    private static final List<String> PASSED = List.of("Content-Type", "Accept", "Accept-Encoding", "Last-Event-ID", "Authorization",
            TransactionHeader.NAME, KeyHeader.NAME,
            ConsumerRequests.POLL_HEADER, ConsumerRequests.EPOCH_HEADER, ConsumerRequests.INCARNATION_HEADER,
            "traceparent", "tracestate", "baggage");

    /**
     * @param headers the values of a header of the client's request by its name; none: an empty list
     * @param told    what this broker adds to them, or says instead
     */
    static RelayedRequest of(String method, String path, String query, Function<String, List<String>> headers,
                             Map<String, String> told) {
        List<Header> passed = new ArrayList<>();
        for (String name : PASSED) {
            if (!told.containsKey(name)) {
                headers.apply(name).forEach(value -> passed.add(new Header(name, value)));
            }
        }
        told.forEach((name, value) -> passed.add(new Header(name, value)));
        return new RelayedRequest(method, path, query, List.copyOf(passed));
    }

    /**
     * Signs it.
     *
     * @throws RequestException      400 when it has characters that cannot be sent
     * @throws IllegalStateException when there is no secret
     */
    HttpRequest to(Member owner, BrokerSignatures signatures, SealedBody body) {
        // beside this broker's certificate, which says who passes it on, the container would take the client's token for the sender
        boolean certified = BrokerClient.isSecured(owner.url());
        List<Header> all = new ArrayList<>(headers);
        all.removeIf(header -> certified && header.name().equals("Authorization"));
        if (body.length() != 0) {
            all.add(new Header(BrokerHeaders.BODY, body.length() < 0 ? BrokerHeaders.UNTOLD : Long.toString(body.length())));
        }
        BrokerSignatures.Signed signed = signatures.sign(new RequestHead(method, path, query, name -> values(all, name)),
                owner.brokerId(), owner.session());
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(owner.url() + path + (query == null ? "" : "?" + query)))
                    .method(method, body.by(signed.seal()));
            all.forEach(header -> request.header(header.name(), header.value()));
            signed.headers().forEach(request::header);
            return request.build();
        } catch (IllegalArgumentException e) {
            throw RequestException.badRequest("the request cannot be passed on to the broker that answers it: its path,"
                    + " query, or one of its headers has characters that are not allowed there");
        }
    }

    private static List<String> values(List<Header> headers, String name) {
        return headers.stream().filter(header -> header.name().equalsIgnoreCase(name)).map(Header::value).toList();
    }

    @Override
    public String toString() {
        return "RelayedRequest[" + method + " " + path + "]";
    }
}
