package io.millrace.rest.entry;

import io.millrace.rest.dialect.ErrorBody;
import io.millrace.rest.dialect.MediaTypes;
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
import java.util.Set;

/**
 * Refuses everything where callers are to be known and the container does not ask who they are: where it does, nobody comes as far as
 * this without a name, but to what is open to all. Works before or after other filters.
 */
@WebFilter(urlPatterns = "/*", asyncSupported = true)
public class KnownCallerFilter implements Filter {
    /** As WEB-INF/web.xml has it. */
    private static final Set<String> OPEN = Set.of("/healthy", "/ready");

    @Inject
    CallerPolicy policy;

    @Override
    public void doFilter(ServletRequest plainRequest, ServletResponse response, FilterChain chain) throws IOException, ServletException {
        HttpServletRequest request = (HttpServletRequest) plainRequest;
        if (!policy.mustBeKnown() || request.getUserPrincipal() != null || isOpen(request)) {
            chain.doFilter(request, response);
            return;
        }
        byte[] body = new ErrorBody(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "millrace.security is on, but this server authenticates"
                + " nobody: give it the feature appSecurity and a registry (docs/security.md), or set millrace.security to off").toJson();
        HttpServletResponse answer = (HttpServletResponse) response;
        answer.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        answer.setHeader("Retry-After", "1");
        if (request.getProtocol().startsWith("HTTP/1.")) {
            answer.setHeader("Connection", "close"); // a body may come, and is not read
        }
        answer.setContentType(MediaTypes.DIALECT);
        answer.setContentLength(body.length);
        answer.getOutputStream().write(body);
    }

    private static boolean isOpen(HttpServletRequest request) {
        return request.getMethod().equals("OPTIONS") || OPEN.contains(RequestTarget.path(request));
    }
}
