package io.millrace.rest.cluster;

import jakarta.servlet.http.HttpServletRequest;

/** Who sends a request: the address of its connection, or the one that the broker tells which passed the request on. */
public final class CallerAddress {
    private static final String ATTRIBUTE = CallerAddress.class.getName();

    private CallerAddress() {
    }

    /** @param told by a broker that is believed, or null */
    public static void note(HttpServletRequest request, String told) {
        if (told != null) {
            request.setAttribute(ATTRIBUTE, told);
        }
    }

    /** An address; of requests that are passed on it is not that of the broker that does. */
    public static String of(HttpServletRequest request) {
        return request.getAttribute(ATTRIBUTE) instanceof String told ? told : request.getRemoteAddr();
    }
}
