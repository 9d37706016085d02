package io.millrace.rest.origin;

import io.millrace.rest.dialect.RequestException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Keeps acts away that a web page of another site makes a browser send (cross-site request forgery). Browsers say so themselves, in
 * Sec-Fetch-Site or Origin; clients that are no browsers send neither. What is left, a browser of old with a plain form, is known by
 * the type of its body.
 */
public final class SiteGuard {
    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "TRACE");
    /** A poll takes records from a consumer. */
    private static final Pattern POLL = Pattern.compile("/consumers/[^/]*/instances/[^/]*(/incarnations/[^/]*)?/records/?");
    private static final List<String> OWN_SITES = List.of("same-origin", "none");
    private static final List<String> FORMS = List.of("application/x-www-form-urlencoded", "multipart/form-data", "text/plain");

    private final Cors cors;

    SiteGuard(Cors cors) {
        this.cors = cors;
    }

    /**
     * @param path   without the context root, decoded
     * @param own    where the client found this server
     * @param known  whether the container knows who asks
     * @param header the first value of a header of the request, or null
     * @throws RequestException 403 for an act of another site; 415 for an act with a body that a plain form can send
     */
    public void check(String method, String path, Origin own, boolean known, UnaryOperator<String> header) {
        boolean reads = SAFE.contains(method);
        if (reads && !POLL.matcher(path).matches()) {
            return;
        }
        String origin = header.apply("Origin");
        boolean credentials = known || header.apply("Authorization") != null || header.apply("Cookie") != null;
        boolean shared = origin != null && cors.shares(method, origin, credentials);
        if (!shared && isForeign(origin, header.apply("Sec-Fetch-Site"), own, header.apply("Host"))) {
            throw RequestException.forbidden("a web page of another site sent this: pages whose Origin millrace.http.cors.origins lists"
                    + " may do so, with millrace.http.cors.enabled and a method of millrace.http.cors.methods, and those of any Origin only"
                    + " without credentials; clients that are no browsers send no Origin");
        }
        String type = header.apply("Content-Type");
        if (!reads && type != null && FORMS.contains(type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))) {
            throw RequestException.unsupportedMediaType("a body of the type of a plain form or text, which any web page can send, is not"
                    + " taken: use application/vnd.kafka.v2+json, or for records the type of their format");
        }
    }

    private static boolean isForeign(String origin, String site, Origin own, String host) {
        if (site != null) {
            return !OWN_SITES.contains(site.strip().toLowerCase(Locale.ROOT));
        }
        return origin != null && !own.isWrittenAs(origin) && !isAt(origin, host);
    }

    /** Behind a proxy that ends TLS and does not say so, the scheme is another one. */
    private static boolean isAt(String origin, String host) {
        return host != null && (origin.equalsIgnoreCase("https://" + host.strip()) || origin.equalsIgnoreCase("http://" + host.strip()));
    }
}
