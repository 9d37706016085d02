package io.millrace.coordinator;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;

/**
 * Stands between the verification of a producer's transaction and what is written in it: where the transaction was ended in
 * the partition meanwhile, nothing is, because nobody would end it again. After Kafka's guard of that name. Thread-safe.
 */
public final class VerificationGuard implements AutoCloseable {
    private final VerificationGuards guards;
    private final long producerId;
    private final short producerEpoch;
    private volatile boolean ended;

    VerificationGuard(VerificationGuards guards, long producerId, short producerEpoch) {
        this.guards = guards;
        this.producerId = producerId;
        this.producerEpoch = producerEpoch;
    }

    public long producerId() {
        return producerId;
    }

    public short producerEpoch() {
        return producerEpoch;
    }

    void end() {
        ended = true;
    }

    /** @throws BrokerException PRODUCER_FENCED */
    void requireOpen() {
        if (ended) {
            throw new BrokerException(ErrorKind.PRODUCER_FENCED, "the transaction of producer " + producerId + " and epoch "
                + producerEpoch + " was ended meanwhile: nothing was written");
        }
    }

    /** What it stood for was written, or will not be. */
    @Override
    public void close() {
        guards.remove(this);
    }
}
