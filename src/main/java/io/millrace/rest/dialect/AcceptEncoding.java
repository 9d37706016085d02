package io.millrace.rest.dialect;

import java.util.List;
import java.util.Locale;

/**
 * What a client says of compressed answers (RFC 9110, section 12.5.3).
 *
 * @param gzip     how much it wants them compressed by gzip, in thousandths
 * @param identity as above, as they are; -1: it does not say, and takes them so
 */
public record AcceptEncoding(int gzip, int identity) {
    private static final int NOT_SAID = -1;
    private static final int WANTED = 1000;

    /** @param values of the headers, or null; what cannot be read in them counts as not said */
    public static AcceptEncoding of(List<String> values) {
        int gzip = NOT_SAID;
        int identity = NOT_SAID;
        int others = NOT_SAID;
        for (String header : values == null ? List.<String>of() : values) {
            for (String element : header.split(",")) {
                String[] parts = element.split(";", -1);
                int wanted = quality(parts);
                switch (parts[0].strip().toLowerCase(Locale.ROOT)) {
                    case "gzip", "x-gzip" -> gzip = Math.max(gzip, wanted);
                    case "identity" -> identity = Math.max(identity, wanted);
                    case "*" -> others = Math.max(others, wanted);
                    default -> { } // not offered
                }
            }
        }
        // what is not named is as the rest
        return new AcceptEncoding(gzip != NOT_SAID ? gzip : Math.max(0, others),
                identity != NOT_SAID ? identity : others);
    }

    /** @return in thousandths; {@link #NOT_SAID} for one that cannot be read */
    private static int quality(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String[] pair = parts[i].split("=", 2);
            if (pair.length == 2 && pair[0].strip().equalsIgnoreCase("q")) {
                String value = pair[1].strip();
                if (!value.matches("0(\\.[0-9]{0,3})?|1(\\.0{0,3})?")) {
                    return NOT_SAID;
                }
                return (int) Math.round(Double.parseDouble(value) * WANTED);
            }
        }
        return WANTED;
    }

    /** Whether an answer of some size is to be compressed: unless it is wanted more as it is and may be so. */
    public boolean prefersGzip() {
        return gzip > 0 && gzip >= identity;
    }

    /** Whether even a small one is to be. */
    public boolean needsGzip() {
        return gzip > 0 && identity == 0;
    }
}
