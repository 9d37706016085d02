package io.millrace.rest;

import io.millrace.broker.BrokerException;
import io.millrace.broker.ErrorKind;
import io.millrace.cluster.Member;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Optional;

/**
 * A request for one partition, as far as another broker needs to see it.
 *
 * @param path          as the client wrote it, from the slash after the base URL on, with the query
 * @param contentType   the header's value, or null
 * @param accept        the header's values
 * @param contentLength the header's value, or null
 * @param forwarded     whether another broker passed it on
 */
record PartitionRequest(String topic, int partition, String method, String path, String contentType,
                        List<String> accept, String contentLength, boolean forwarded) {
    static PartitionRequest of(String topic, int partition, String method, UriInfo uri, HttpHeaders headers) {
        String path = uri.getPath(false);
        String query = uri.getRequestUri().getRawQuery();
        List<String> accept = headers.getRequestHeader(HttpHeaders.ACCEPT);
        return new PartitionRequest(topic, partition, method,
                (path.startsWith("/") ? "" : "/") + path + (query == null ? "" : "?" + query),
                headers.getHeaderString(HttpHeaders.CONTENT_TYPE), accept == null ? List.of() : List.copyOf(accept),
                headers.getHeaderString(HttpHeaders.CONTENT_LENGTH),
                headers.getHeaderString(Peers.FORWARDED_HEADER) != null);
    }

    /**
     * Whom to pass this request on to.
     *
     * @param leader the partition's, when it is another broker
     * @return empty: this broker is to answer
     * @throws BrokerException NOT_LEADER when it was passed on already, and to the wrong broker
     */
    Optional<Member> receiver(Optional<Member> leader) {
        if (forwarded && leader.isPresent()) {
            throw new BrokerException(ErrorKind.NOT_LEADER, "%s-%d has just moved: broker %d at %s leads it; try again"
                    .formatted(topic, partition, leader.get().brokerId(), leader.get().url()));
        }
        return leader;
    }
}
