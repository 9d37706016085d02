package io.millrace.rest.dialect;

/**
 * How much a list of records may hold; one record always has room.
 *
 * @param maxContentBytes of all keys and values, as they are stored
 * @param maxBodyBytes    of the list as it is written. It costs more than keys and values where these are short, and where
 *                        there are headers
 * @param maxRecords      how many
 */
public record ListLimits(int maxContentBytes, long maxBodyBytes, int maxRecords) {
    /** A list of short records may be so many times as long as their keys and values, ... */
    private static final int BODY_FACTOR = 4;
    /** ... and this much longer, in bytes. */
    private static final int BODY_SPARE_BYTES = 64 * 1024;

    /**
     * @param maxBytes      what the client asked for
     * @param largestAnswer what no list may exceed, in bytes
     */
    public static ListLimits of(int maxBytes, int largestAnswer, int maxRecords) {
        return new ListLimits(maxBytes, Math.min(largestAnswer, BODY_SPARE_BYTES + (long) BODY_FACTOR * maxBytes), maxRecords);
    }
}
