package io.millrace.rest.origin;

import io.millrace.rest.dialect.RequestException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The web pages of other sites that browsers let use this server (cross-origin resource sharing).
 *
 * @param origins as browsers write them, {@code https://shop.example:8443}, or {@code *}: any, but none of them with credentials
 * @param methods those that they may use
 */
public record Cors(Set<String> origins, List<String> methods) {
    /** No page of another site may. */
    public static final Cors OFF = new Cors(Set.of(), List.of());

    private static final String ANY = "*";
    private static final String EXPOSED = "Allow, Retry-After, Millrace-Error, Millrace-Leader, Millrace-Coordinator, Millrace-Poll";
    private static final String PREFLIGHT_SECONDS = "600";
    private static final Pattern HEADER_NAMES = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}");

    public Cors {
        origins = origins.stream().map(each -> each.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        methods = List.copyOf(methods);
    }

    public boolean isOff() {
        return origins.isEmpty();
    }

    /** @param origin the value of Origin */
    public boolean allows(String origin) {
        return origins.contains(ANY) || origins.contains(origin.toLowerCase(Locale.ROOT));
    }

    /**
     * Whether a page may do what it sends without asking beforehand.
     *
     * @param credentials whether it goes with some, by which the server knows a user who may know nothing of it
     */
    boolean shares(String method, String origin, boolean credentials) {
        return methods.contains(method) && (origins.contains(origin.toLowerCase(Locale.ROOT)) || origins.contains(ANY) && !credentials);
    }

    /**
     * What an answer tells a browser.
     *
     * @param origin the value of Origin; null: none
     * @return headers of the answer
     */
    public Map<String, String> headers(String origin) {
        Map<String, String> headers = new TreeMap<>();
        if (isOff()) {
            return headers;
        }
        // the answer to one origin is not to be kept for another
        headers.put("Vary", "Origin");
        if (origin == null || !allows(origin)) {
            return headers;
        }
        if (origins.contains(origin.toLowerCase(Locale.ROOT))) {
            headers.put("Access-Control-Allow-Origin", origin);
            headers.put("Access-Control-Allow-Credentials", "true");
        } else {
            headers.put("Access-Control-Allow-Origin", ANY);
        }
        headers.put("Access-Control-Expose-Headers", EXPOSED);
        return headers;
    }

    /**
     * What a browser is told that asks before it sends.
     *
     * @param method the value of Access-Control-Request-Method
     * @param wanted the value of Access-Control-Request-Headers; null: none
     * @return headers of the answer, beside {@link #headers}
     * @throws RequestException 403 when it may not
     */
    public Map<String, String> preflight(String origin, String method, String wanted) {
        if (!allows(origin)) {
            throw RequestException.forbidden("pages of this Origin may not use this server: millrace.http.cors.origins lists those that"
                    + " may");
        }
        if (!methods.contains(method)) {
            throw RequestException.forbidden("pages of other sites may not use this method: millrace.http.cors.methods lists those that"
                    + " they may");
        }
        Map<String, String> headers = new TreeMap<>();
        headers.put("Access-Control-Allow-Methods", String.join(", ", methods));
        headers.put("Access-Control-Max-Age", PREFLIGHT_SECONDS);
        if (wanted != null && HEADER_NAMES.matcher(wanted).matches()) {
            headers.put("Access-Control-Allow-Headers", wanted);
        }
        return headers;
    }
}
