package io.millrace.transaction.state;

/**
 * One incarnation of a producer.
 *
 * @param producerId given once ever, from 0; {@link #NO_PRODUCER_ID}: not named, see {@link #isMeantBy}
 * @param epoch      0 to 32767
 */
public record ProducerIdAndEpoch(long producerId, short epoch) {
    public static final long NO_PRODUCER_ID = -1;
    /** The highest that a producer is given: the one behind it is for the markers of its last transaction. */
    public static final short LAST_EPOCH = Short.MAX_VALUE - 1;

    /** The first incarnation of a producer id. */
    public static ProducerIdAndEpoch first(long producerId) {
        return new ProducerIdAndEpoch(producerId, (short) 0);
    }

    /** For a caller that knows the transactional id and the epoch only. */
    public static ProducerIdAndEpoch ofEpoch(short epoch) {
        return new ProducerIdAndEpoch(NO_PRODUCER_ID, epoch);
    }

    boolean isLast() {
        return epoch >= LAST_EPOCH;
    }

    /** @param by 0 or more; it ends at 32767, which no producer is given */
    ProducerIdAndEpoch raised(int by) {
        return new ProducerIdAndEpoch(producerId, (short) Math.min(epoch + by, Short.MAX_VALUE));
    }

    /**
     * Whether a caller speaks of this incarnation. One that names no producer id may be mistaken for one whose 32,767 epochs
     * were used up by then.
     */
    boolean isMeantBy(ProducerIdAndEpoch named) {
        return named.epoch == epoch && isProducerOf(named);
    }

    boolean isProducerOf(ProducerIdAndEpoch named) {
        return named.producerId == NO_PRODUCER_ID || named.producerId == producerId;
    }

    @Override
    public String toString() {
        return (producerId == NO_PRODUCER_ID ? "epoch " : "producer " + producerId + ", epoch ") + epoch;
    }
}
