package io.millrace.security;

/**
 * How much a caller may do in a second, on each server. Null: as much as it likes.
 *
 * @param principal    null: holds for whoever has none of its own, and for callers without a name each by its address
 * @param produceBytes of bodies of requests that append records, from 1
 * @param fetchBytes   of answers with records, from 1
 * @param requests     from 1
 */
public record Quota(String principal, Long produceBytes, Long fetchBytes, Long requests) {
    public static final Quota NONE = new Quota(null, null, null, null);

    /** @throws IllegalArgumentException for a name that none can have, and for a number that is not positive */
    public Quota {
        if (principal != null) {
            Names.check("the principal", principal);
        }
        check("produce_bytes_per_second", produceBytes);
        check("fetch_bytes_per_second", fetchBytes);
        check("requests_per_second", requests);
    }

    private static void check(String what, Long number) {
        if (number != null && number < 1) {
            throw new IllegalArgumentException(what + " must be 1 or more; it is " + number);
        }
    }

    /** Whether it holds nobody back. */
    public boolean isEmpty() {
        return produceBytes == null && fetchBytes == null && requests == null;
    }

    Quota or(Quota other) {
        return new Quota(principal, produceBytes == null ? other.produceBytes : produceBytes,
                fetchBytes == null ? other.fetchBytes : fetchBytes, requests == null ? other.requests : requests);
    }
}
