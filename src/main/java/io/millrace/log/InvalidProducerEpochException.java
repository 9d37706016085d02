package io.millrace.log;

/** An append of an earlier incarnation of a producer was refused: a later one has begun; nothing was written. See KIP-98. */
public final class InvalidProducerEpochException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param epoch  of the producer that appends
     * @param newest the epoch that has begun
     */
    public InvalidProducerEpochException(LogName name, long producerId, short epoch, short newest) {
        super("epoch " + epoch + " of producer " + producerId + " is out of date in " + name + ": epoch " + newest
            + " has begun; stop, another incarnation of the producer took over, or take a new producer id");
    }
}
