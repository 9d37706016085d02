package io.millrace.rest.stream;

/**
 * What streams may take.
 *
 * @param most        open at a time, 2 or more; half of them of one caller
 * @param mostBodies  of records in lines that are taken at a time, 2 or more; half of them of one caller
 * @param heartbeatMs after how long without a record something is written all the same, in ms, 1 or more
 * @param longestMs   after how long a stream ends, in ms; 0: never
 */
public record StreamLimits(int most, int mostBodies, long heartbeatMs, long longestMs) {
    public StreamLimits {
        if (most < 2 || mostBodies < 2 || heartbeatMs < 1 || longestMs < 0) {
            throw new IllegalArgumentException(("limits of streams must be positive: %d open, %d bodies, a sign after %d ms, an end"
                    + " after %d ms")
                    .formatted(most, mostBodies, heartbeatMs, longestMs));
        }
    }
}
