package io.millrace.log;

/**
 * How many idempotent producers a log keeps in mind, and for how long; what it has forgotten may go on with any sequence.
 *
 * @param expirationMillis how long after its last batch a producer is forgotten, in ms: 1 and above
 * @param maxProducers     of a log: beyond them the one that was silent for longest is forgotten; 1 and above
 * @param all              of all logs of the server
 */
public record ProducerLimits(long expirationMillis, int maxProducers, ProducerCount all) {
    /** A day, as in the field, and an hour more; and 10,000 producers: about 5 MB of a log that is written by so many. */
    public static final ProducerLimits DEFAULT = new ProducerLimits(90_000_000, 10_000);

    /** For a log that is alone. */
    public ProducerLimits(long expirationMillis, int maxProducers) {
        this(expirationMillis, maxProducers, new ProducerCount(Long.MAX_VALUE));
    }

    /** @throws IllegalArgumentException when a value is out of its range */
    public ProducerLimits {
        LogConfig.check("producer expiration milliseconds", expirationMillis, 1, Long.MAX_VALUE);
        LogConfig.check("producers", maxProducers, 1, Integer.MAX_VALUE);
    }
}
