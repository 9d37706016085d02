package io.millrace.rest.cluster;

import io.millrace.tracing.TraceSpan;
import jakarta.servlet.http.HttpServletRequest;

/** The span of a request at this server, of which others begin. */
public final class RequestSpan {
    private static final String ATTRIBUTE = RequestSpan.class.getName();

    private RequestSpan() {
    }

    public static void note(HttpServletRequest request, TraceSpan span) {
        request.setAttribute(ATTRIBUTE, span);
    }

    /** {@link TraceSpan#NONE} where nobody follows it. */
    public static TraceSpan of(HttpServletRequest request) {
        return request.getAttribute(ATTRIBUTE) instanceof TraceSpan span ? span : TraceSpan.NONE;
    }
}
