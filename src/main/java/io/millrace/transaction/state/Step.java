package io.millrace.transaction.state;

/**
 * What a request comes to.
 *
 * @param next     the state from now on; null: it stays as it is
 * @param progress whether that is all
 * @param producer who may go on when it is done; null where there is none
 * @param state    after it; null where the transactional id is not known
 */
public record Step(Transaction next, Progress progress, ProducerIdAndEpoch producer, TransactionState state) {
    /** How far a request has come. */
    public enum Progress {
        DONE,
        /** The request is to be repeated once the markers of the transaction before are written: CONCURRENT_TRANSACTIONS. */
        CONCURRENT,
        /** The request is to be repeated with a producer id that nobody was given yet. */
        NEEDS_PRODUCER_ID
    }

    static Step to(Transaction next) {
        return new Step(next, Progress.DONE, next.successor(), next.state());
    }

    /** There is nothing to do, or it was done before. @param now null: it is forgotten */
    static Step stays(Transaction now) {
        return now == null ? new Step(null, Progress.DONE, null, null)
                : new Step(null, Progress.DONE, now.successor(), now.state());
    }

    /** @param next null: nothing is to be done for that */
    static Step concurrent(Transaction now, Transaction next) {
        Transaction after = next == null ? now : next;
        return new Step(next, Progress.CONCURRENT, after.successor(), after.state());
    }

    static Step needsProducerId(Transaction now) {
        return new Step(null, Progress.NEEDS_PRODUCER_ID, null, now == null ? null : now.state());
    }
}
