package io.millrace.rest.entry;

import io.millrace.rest.dialect.RequestException;
import java.util.List;

/** How a request's body is compressed. */
enum ContentCoding {
    IDENTITY, GZIP, DEFLATE;

    /** Those that are taken, as a header lists them. */
    static final String TAKEN = "gzip, deflate, identity";

    /**
     * @param values of Content-Encoding
     * @throws RequestException 415 for what is not taken, and for more than one
     */
    static ContentCoding of(List<String> values) {
        ContentCoding found = IDENTITY;
        for (String header : values) {
            for (String value : header.split(",")) {
                String name = value.strip();
                if (name.isEmpty() || name.equalsIgnoreCase("identity")) {
                    continue;
                }
                if (found != IDENTITY) {
                    throw refused("more than one compression");
                }
                found = named(name);
            }
        }
        return found;
    }

    private static ContentCoding named(String name) {
        if (name.equalsIgnoreCase("gzip") || name.equalsIgnoreCase("x-gzip")) {
            return GZIP;
        } else if (name.equalsIgnoreCase("deflate")) {
            return DEFLATE;
        }
        throw refused(name.length() <= 30 ? name : name.substring(0, 30) + "...");
    }

    private static RequestException refused(String what) {
        return RequestException.unsupportedMediaType("a body with the Content-Encoding " + what + " is not taken: use one of "
                + TAKEN + ", or none");
    }
}
