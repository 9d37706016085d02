package io.millrace.rest.cluster;

import java.util.List;
import java.util.function.Function;

/**
 * Of a request what is signed, beside its body.
 *
 * @param path    as it is written, from the slash after the application's own path on, without the query
 * @param query   as it is written, or null
 * @param headers the values of a header by its name, in their order; none: an empty list
 */
public record RequestHead(String method, String path, String query, Function<String, List<String>> headers) {
    /** The only value of a header. @return null when there is none, or more than one */
    String only(String header) {
        List<String> values = headers.apply(header);
        return values.size() == 1 ? values.get(0).strip() : null;
    }

    @Override
    public String toString() {
        return "RequestHead[" + method + " " + path + "]";
    }
}
