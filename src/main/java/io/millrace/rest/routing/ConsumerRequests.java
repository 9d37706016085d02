package io.millrace.rest.routing;

import io.millrace.group.delivery.PollRequest.Source;
import io.millrace.group.membership.ConsumerId;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.dialect.RequestException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;

/** How consumers' requests come to the coordinators of their groups, which must know which answers arrived. */
@ApplicationScoped
public class ConsumerRequests {
    /** Number of a poll: in its answer, and in the consumer's next request, where it says that it got it. */
    public static final String POLL_HEADER = "Millrace-Poll";
    /** Epoch of the consumer: in the answers to its polls, and in its commits. */
    public static final String EPOCH_HEADER = "Millrace-Member-Epoch";
    /** Which of the consumers that had its name a request comes from; what its path says becomes this. */
    public static final String INCARNATION_HEADER = "Millrace-Incarnation";

    @Inject
    Peers peers;

    /** The consumer that a request comes from. @param name as the path has it */
    public static ConsumerId consumer(String name, HttpHeaders headers) {
        return new ConsumerId(name, headers.getHeaderString(INCARNATION_HEADER));
    }

    /**
     * How a consumer's request came to this broker, which coordinates its group.
     *
     * @throws RequestException 400 when a header of it is not a number
     */
    public Source source(HttpHeaders headers) {
        Long entry = number(headers, BrokerHeaders.FORWARDED);
        Long received = Numbers.inHeader(POLL_HEADER, headers.getHeaderString(POLL_HEADER));
        return entry == null ? new Source(peers.signatures().brokerId(), received, null)
                : new Source(entry.intValue(), received, number(headers, BrokerHeaders.ANSWERED));
    }

    /** Where the client found this cluster: what it is told begins there. */
    public static URI base(UriInfo uri, HttpHeaders headers) {
        String base = headers.getHeaderString(BrokerHeaders.BASE_URI);
        try {
            if (base == null) {
                return uri.getBaseUri();
            }
            URI told = URI.create(base);
            if (told.getRawAuthority() != null && ("http".equals(told.getScheme()) || "https".equals(told.getScheme()))) {
                return told;
            }
        } catch (IllegalArgumentException e) {
            // no URI at all
        }
        throw RequestException.badRequest("the header " + BrokerHeaders.BASE_URI + " is not the URL of a server");
    }

    /**
     * A header of the brokers' own that is a number, which may be negative.
     *
     * @return null when there is none
     * @throws RequestException 400 when it is not a whole number
     */
    private static Long number(HttpHeaders headers, String name) {
        String value = headers.getHeaderString(name);
        try {
            return value == null ? null : Long.valueOf(value.strip());
        } catch (NumberFormatException e) {
            throw RequestException.badRequest("the header " + name + " must be a whole number, not \"" + Numbers.quoted(value)
                    + "\"");
        }
    }
}
