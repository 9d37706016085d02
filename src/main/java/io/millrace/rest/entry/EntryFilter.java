package io.millrace.rest.entry;

import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.guard.EntryGuard;
import io.millrace.rest.guard.Meter;
import io.millrace.rest.origin.OriginRules;
import io.millrace.security.Role;
import io.millrace.tracing.Tracing;
import jakarta.inject.Inject;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Set;

/** Lets requests in that can be understood in one way only; see the package. */
@WebFilter(urlPatterns = "/*", asyncSupported = true)
public class EntryFilter implements Filter {
    private static final System.Logger LOG = System.getLogger(EntryFilter.class.getName());
    /** There are no more of them than brokers. */
    private static final UploadStream.Turnstile FREE = begun -> () -> { };
    /** They come every second, and tell nothing. */
    private static final Set<String> PROBES = Set.of("/healthy", "/ready");
    /** What brokers ask of each other in between belongs to no request of a client. */
    private static final String TRACE = "traceparent";

    @Inject
    Uploads uploads;
    @Inject
    BrokerSignatures signatures;
    @Inject
    Onward onward;
    @Inject
    OriginRules rules;
    @Inject
    EntryGuard guard;
    @Inject
    CallerPolicy policy;
    @Inject
    Tracing tracing;

    @Override
    public void doFilter(ServletRequest plainRequest, ServletResponse plainResponse, FilterChain chain)
            throws IOException, ServletException {
        HttpServletRequest request = (HttpServletRequest) plainRequest;
        ErrorAnswers response = new ErrorAnswers((HttpServletResponse) plainResponse);
        Followed followed = tracing.isOn() ? follow(request, response) : Followed.NOT;
        try {
            enter(request, response, followed, chain);
        } catch (IOException | ServletException | RuntimeException | Error failure) {
            followed.returned(failure);
            throw failure;
        }
        followed.returned(null);
    }

    private Followed follow(HttpServletRequest request, HttpServletResponse response) {
        String path = RequestTarget.path(request);
        String route = guard.route(request.getMethod(), path);
        boolean worthIt = CheckedRequest.isInternal(request) ? request.getHeader(TRACE) != null : route == null || !PROBES.contains(route);
        return new Followed(worthIt ? tracing.request(new Tracing.Arrived(request.getMethod(), request.getScheme(), route, path),
                request::getHeader) : tracing.unrecorded(), response);
    }

    private void enter(HttpServletRequest request, ErrorAnswers response, Followed followed, FilterChain chain)
            throws IOException, ServletException {
        rules.cors().headers(request.getHeader("Origin")).forEach(response::addHeader);
        CheckedRequest checked;
        try {
            if (isPreflight(request)) {
                answerPreflight(request, response);
                return;
            }
            checked = checked(request, response);
            checked.follow(followed);
            guard.enter(checked, checked.path(), response);
            response.countBy(Meter.of(checked));
        } catch (RequestException e) {
            if (mayHaveBody(request)) {
                closeAfter(request, response);
            }
            if (e.status() == HttpServletResponse.SC_UNAUTHORIZED) {
                response.setHeader("WWW-Authenticate", BrokerSignatures.SCHEME);
            }
            response.send(e);
            return;
        } catch (RuntimeException fault) { // of which the container would make a page
            LOG.log(Level.ERROR, "a request could not be checked", fault);
            if (mayHaveBody(request)) {
                closeAfter(request, response);
            }
            response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
            return;
        }
        try (checked) {
            // the container goes over to HTTP/2 only when it sees its own request here
            onward.go(checked, response,
                    () -> chain.doFilter(asksForHttp2(request) && checked.saysTheSame() ? request : checked, response));
        }
    }

    private boolean isPreflight(HttpServletRequest request) {
        return !rules.cors().isOff() && request.getMethod().equals("OPTIONS") && request.getHeader("Origin") != null
                && request.getHeader("Access-Control-Request-Method") != null;
    }

    private void answerPreflight(HttpServletRequest request, HttpServletResponse response) {
        rules.cors().preflight(request.getHeader("Origin"), request.getHeader("Access-Control-Request-Method"),
                request.getHeader("Access-Control-Request-Headers")).forEach(response::setHeader);
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    }

    /** Whoever sends a body with that, or headers that are read otherwise than they are written, goes over with another request. */
    private static boolean asksForHttp2(HttpServletRequest request) {
        return request.getProtocol().equals("HTTP/1.1") && request.getHeader("HTTP2-Settings") != null
                && "h2c".equalsIgnoreCase(request.getHeader("Upgrade"));
    }

    private CheckedRequest checked(HttpServletRequest request, HttpServletResponse response) {
        Arrival arrival = Arrival.of(request, signatures, mayBeBroker(request));
        UploadLimits limits = uploads.limits();
        boolean internal = CheckedRequest.isInternal(request);
        boolean lines = CheckedRequest.sendsLines(request);
        UploadStream.Turnstile turnstile = internal ? FREE : begun -> uploads.begin(CallerAddress.of(request), begun);
        CheckedRequest checked = new CheckedRequest(request, arrival.ofBroker(), rules, coding(request, response), arrival.length(),
                in -> MeteredInput.of(request, new UploadStream(arrival.plain().apply(in), arrival.length(),
                        internal || lines ? Long.MAX_VALUE : limits.maxBytes(), limits.timeoutMs(), lines, turnstile, System::nanoTime,
                        () -> closeAfter(request, response))));
        CallerAddress.note(request, checked.getHeader(BrokerHeaders.CALLER));
        return checked;
    }

    /** Where callers are known, who says to be a broker needs that role, too. */
    private boolean mayBeBroker(HttpServletRequest request) {
        return !policy.mustBeKnown() || request.isUserInRole(Role.BROKER.text());
    }

    private static ContentCoding coding(HttpServletRequest request, HttpServletResponse response) {
        try {
            return ContentCoding.of(CheckedRequest.values(request, "Content-Encoding"));
        } catch (RequestException e) {
            response.setHeader("Accept-Encoding", ContentCoding.TAKEN);
            throw e;
        }
    }

    private static boolean mayHaveBody(HttpServletRequest request) {
        return request.getHeader("Content-Length") != null || request.getHeader("Transfer-Encoding") != null;
    }

    /** What is left of the body is not read, so nothing else can come on this connection; HTTP/2 ends its stream by itself. */
    private static void closeAfter(HttpServletRequest request, HttpServletResponse response) {
        if (request.getProtocol().startsWith("HTTP/1.") && !response.isCommitted()) {
            response.setHeader("Connection", "close");
        }
    }
}
