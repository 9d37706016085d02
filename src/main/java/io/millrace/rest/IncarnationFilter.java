package io.millrace.rest;

import io.millrace.rest.routing.ConsumerRequests;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;
import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes the incarnation out of a consumer's path, where its base_uri has it, and puts it into a header: whatever follows in the
 * path is there with and without it.
 */
@Provider
@PreMatching
public class IncarnationFilter implements ContainerRequestFilter {
    private static final Pattern PATH = Pattern.compile("((?:/[^/]+)*/consumers/[^/]+/instances/[^/]+)/incarnations/([^/]+)(/.*)?");

    @Override
    public void filter(ContainerRequestContext request) {
        URI uri = request.getUriInfo().getRequestUri();
        Matcher path = PATH.matcher(uri.getRawPath());
        if (path.matches()) {
            String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
            String rest = path.group(3) == null ? "" : path.group(3);
            request.setRequestUri(uri.resolve(path.group(1) + rest + query));
            request.getHeaders().putSingle(ConsumerRequests.INCARNATION_HEADER, path.group(2));
        }
    }
}
