package io.millrace.rest.forwarding;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.forwarding.PassedRequest.Owner;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.util.Optional;

/** Passes requests on to the leaders of partitions. */
@ApplicationScoped
public class PartitionForwarding {
    @Inject
    BrokerAccess access;
    @Inject
    Forwarding forwarding;

    /**
     * @param waitMs how long the leader is asked to wait, in ms
     * @return false: this broker leads the partition, and is to answer
     * @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, NOT_LEADER
     */
    public boolean passOn(String topic, int partition, String method, long waitMs, UriInfo uri, HttpHeaders headers,
                   AsyncResponse response) {
        return forwarding.passOn(request(topic, partition, method, uri, headers), leader(topic, partition), waitMs, response,
                Forwarding.NO_RECEIPT);
    }

    /** As above, with a body, which is read on this thread. */
    public boolean passOn(String topic, int partition, String method, InputStream body, UriInfo uri, HttpHeaders headers,
                   AsyncResponse response) {
        return forwarding.passOn(request(topic, partition, method, uri, headers), leader(topic, partition), body, response);
    }

    private Optional<Member> leader(String topic, int partition) {
        return access.broker().remoteLeader(topic, partition);
    }

    private static PassedRequest request(String topic, int partition, String method, UriInfo uri, HttpHeaders headers) {
        return PassedRequest.of(Owner.LEADER, topic + "-" + partition, method, uri, headers);
    }
}
