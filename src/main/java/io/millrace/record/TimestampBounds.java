package io.millrace.record;

/**
 * How far a record's timestamp may lie from the clock of the server that takes it.
 *
 * @param beforeMax how far in the past, in ms: 0 and above
 * @param afterMax  how far in the future, in ms: 0 and above
 */
public record TimestampBounds(long beforeMax, long afterMax) {
    public static final TimestampBounds NONE = new TimestampBounds(Long.MAX_VALUE, Long.MAX_VALUE);

    /** @throws IllegalArgumentException when a bound is negative */
    public TimestampBounds {
        if (beforeMax < 0 || afterMax < 0) {
            throw new IllegalArgumentException("timestamp bounds: found " + beforeMax + " ms before and " + afterMax
                + " ms after, allowed 0 and above");
        }
    }

    /**
     * What is wrong with a timestamp, or null. A record without one is well.
     *
     * @param timestamp in ms since the epoch, or {@link RecordBatch#NO_TIMESTAMP}
     * @param now       in ms since the epoch
     */
    public String problem(long timestamp, long now) {
        if (timestamp < 0) {
            return null;
        } else if (timestamp > now && timestamp - now > afterMax) {
            return "timestamp " + timestamp + " is " + (timestamp - now) + " ms after the server's clock, " + now
                + ": message.timestamp.after.max.ms allows " + afterMax + "; give ms since the epoch";
        } else if (timestamp < now && now - timestamp > beforeMax) {
            return "timestamp " + timestamp + " is " + (now - timestamp) + " ms before the server's clock, " + now
                + ": message.timestamp.before.max.ms allows " + beforeMax + "; give ms since the epoch";
        }
        return null;
    }
}
