package io.millrace.rest.forwarding;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.dialect.TransactionHeader;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request that one broker answers for all, as far as that one needs to see it.
 *
 * @param owner         what that broker is
 * @param subject       of what: a partition or a group
 * @param path          as the client wrote it, from the slash after the base URL on, with the query
 * @param contentType   the header's value, or null
 * @param accept        the header's values
 * @param contentLength the header's value, or null
 * @param forwarded     whether another broker passed it on
 * @param further       headers that go with it, by name
 */
record PassedRequest(Owner owner, String subject, String method, String path, String contentType, List<String> accept,
                     String contentLength, boolean forwarded, Map<String, String> further) {
    /** What makes a broker the one to answer. */
    enum Owner {
        LEADER("leads", ErrorKind.NOT_LEADER, "Millrace-Leader"),
        COORDINATOR("coordinates", ErrorKind.NOT_COORDINATOR, "Millrace-Coordinator");

        private final String does;
        private final ErrorKind notHere;
        private final String header;

        Owner(String does, ErrorKind notHere, String header) {
            this.does = does;
            this.notHere = notHere;
            this.header = header;
        }

        /** For a sentence: leads, coordinates. */
        String does() {
            return does;
        }

        /** Names the header that says which broker it is, to clients that want to go there themselves. */
        String header() {
            return header;
        }
    }

    static PassedRequest of(Owner owner, String subject, String method, UriInfo uri, HttpHeaders headers) {
        String path = uri.getPath(false);
        String query = uri.getRequestUri().getRawQuery();
        String transaction = headers.getHeaderString(TransactionHeader.NAME);
        List<String> accept = headers.getRequestHeader(HttpHeaders.ACCEPT);
        return new PassedRequest(owner, subject, method,
                (path.startsWith("/") ? "" : "/") + path + (query == null ? "" : "?" + query),
                headers.getHeaderString(HttpHeaders.CONTENT_TYPE), accept == null ? List.of() : List.copyOf(accept),
                headers.getHeaderString(HttpHeaders.CONTENT_LENGTH),
                headers.getHeaderString(BrokerHeaders.FORWARDED) != null, transaction == null ? Map.of()
                : Map.of(TransactionHeader.NAME, transaction));
    }

    String pathWithoutQuery() {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    PassedRequest with(Map<String, String> headers) {
        Map<String, String> all = new HashMap<>(further);
        all.putAll(headers);
        return new PassedRequest(owner, subject, method, path, contentType, accept, contentLength, forwarded, Map.copyOf(all));
    }

    /**
     * Whom to pass this request on to.
     *
     * @param elsewhere the one to answer, when it is another broker
     * @return empty: this broker is to answer
     * @throws BrokerException NOT_LEADER or NOT_COORDINATOR when it was passed on already, and to the wrong broker
     */
    Optional<Member> receiver(Optional<Member> elsewhere) {
        if (forwarded && elsewhere.isPresent()) {
            throw new BrokerException(owner.notHere, "%s has just moved: broker %d at %s %s it; try again"
                    .formatted(subject, elsewhere.get().brokerId(), elsewhere.get().url(), owner.does()));
        }
        return elsewhere;
    }
}
