package io.millrace.rest.forwarding;

import io.millrace.agreement.Member;
import io.millrace.group.delivery.PollRequest.Source;
import io.millrace.group.membership.ConsumerId;
import io.millrace.metadata.BrokerException;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.forwarding.PassedRequest.Owner;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Passes requests on to the coordinators of groups. A coordinator must know which answers arrived, so with a consumer's request
 * goes what this broker knows of the last answer that it passed on to that consumer.
 */
@ApplicationScoped
public class GroupForwarding {
    /** Number of a poll: in its answer, and in the consumer's next request, where it says that it got it. */
    public static final String POLL_HEADER = "Millrace-Poll";
    /** Epoch of the consumer: in the answers to its polls, and in its commits. */
    public static final String EPOCH_HEADER = "Millrace-Member-Epoch";
    /** Which of the consumers that had its name a request comes from; what its path says becomes this. */
    public static final String INCARNATION_HEADER = "Millrace-Incarnation";

    @Inject
    GroupAccess access;
    @Inject
    Forwarding forwarding;
    @Inject
    PollAnswers pollAnswers;
    @Inject
    Peers peers;

    /**
     * @param waitMs how long the coordinator is asked to wait, in ms
     * @return false: this broker coordinates the group, and is to answer
     * @throws BrokerException NOT_COORDINATOR
     */
    public boolean passOn(String group, String method, long waitMs, UriInfo uri, HttpHeaders headers, AsyncResponse response) {
        return forwarding.passOn(request(group, null, method, uri, headers), coordinator(group), waitMs, response,
                Forwarding.NO_RECEIPT);
    }

    /** As above, with a body, which is read on this thread. */
    public boolean passOn(String group, String method, InputStream body, UriInfo uri, HttpHeaders headers, AsyncResponse response) {
        return forwarding.passOn(request(group, null, method, uri, headers), coordinator(group), body, response);
    }

    /** A consumer's request without a body. */
    public boolean passOn(String group, String consumer, String method, long waitMs, UriInfo uri, HttpHeaders headers,
                   AsyncResponse response) {
        return forwarding.passOn(request(group, consumer, method, uri, headers), coordinator(group), waitMs, response,
                answer -> receipt(group, consumer, answer));
    }

    /** A consumer's poll: while it is passed on, its coordinator may ask what became of its answer. */
    public boolean passPollOn(String group, String consumer, long waitMs, UriInfo uri, HttpHeaders headers, AsyncResponse response) {
        Runnable over = pollAnswers.passing(group, consumer);
        boolean passed = false;
        try {
            response.register((CompletionCallback) failure -> over.run());
            passed = passOn(group, consumer, HttpMethod.GET, waitMs, uri, headers, response);
            return passed;
        } finally {
            if (!passed) {
                over.run();
            }
        }
    }

    /** A consumer's request with a body, which is read on this thread. */
    public boolean passOn(String group, String consumer, String method, InputStream body, UriInfo uri, HttpHeaders headers,
                   AsyncResponse response) {
        return forwarding.passOn(request(group, consumer, method, uri, headers), coordinator(group), body, response);
    }

    private CompletableFuture<Boolean> receipt(String group, String consumer, PassedAnswer answer) {
        String poll = answer.header(POLL_HEADER);
        return poll == null ? new CompletableFuture<>() : pollAnswers.begun(group, consumer, Long.parseLong(poll));
    }

    private Optional<Member> coordinator(String group) {
        return access.groups().remoteCoordinator(group);
    }

    private PassedRequest request(String group, String consumer, String method, UriInfo uri, HttpHeaders headers) {
        Map<String, String> further = new TreeMap<>();
        further.put(BrokerHeaders.BASE_URI, uri.getBaseUri().toString());
        for (String name : new String[] {POLL_HEADER, EPOCH_HEADER, INCARNATION_HEADER}) {
            String value = headers.getHeaderString(name);
            if (value != null) {
                further.put(name, value);
            }
        }
        Long vouched = consumer == null ? null : pollAnswers.vouched(group, consumer);
        if (vouched != null) {
            further.put(BrokerHeaders.ANSWERED, vouched.toString());
        }
        return PassedRequest.of(Owner.COORDINATOR, "group " + group, method, uri, headers).with(further);
    }

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
        return entry == null ? new Source(peers.brokerId(), received, null)
                : new Source(entry.intValue(), received, number(headers, BrokerHeaders.ANSWERED));
    }

    /** Where the client found this cluster: what it is told begins there. */
    public static URI base(UriInfo uri, HttpHeaders headers) {
        String base = headers.getHeaderString(BrokerHeaders.BASE_URI);
        try {
            if (headers.getHeaderString(BrokerHeaders.FORWARDED) == null || base == null) {
                return uri.getBaseUri();
            }
            URI told = URI.create(base);
            if (told.getHost() != null && ("http".equals(told.getScheme()) || "https".equals(told.getScheme()))) {
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
