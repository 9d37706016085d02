package io.millrace.replica.hosting;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The transactions of which the coordinator knows, or is just being asked to note, that they have records in a partition that
 * this broker leads (KIP-890). A transaction goes with its marker, before that is written: so whatever was verified and comes
 * to be appended late is verified once more, and refused. Those of one leadership, as another leader may have written markers
 * before.
 *
 * <p>Grows with the transactions that are open in the partition, one for each producer. Guarded by the partition's lock.
 */
final class VerifiedTransactions {
    private final Map<Long, Verification> byProducer = new HashMap<>();
    private int leadership;

    /** What is known of one transaction. Guarded as the others. */
    static final class Verification {
        private final String transactionalId;
        private final short epoch;
        private List<Runnable> waiting = new ArrayList<>();

        private Verification(TransactionalAppend of) {
            this.transactionalId = of.transactionalId();
            this.epoch = of.producerEpoch();
        }

        /** It says nothing of another transactional id with which somebody names the producer. */
        private boolean isOf(TransactionalAppend append) {
            return epoch == append.producerEpoch() && transactionalId.equals(append.transactionalId());
        }

        boolean isDone() {
            return waiting == null;
        }

        /** To be run once it is verified, or is not: without the lock, in this order. */
        void await(Runnable appending) {
            waiting.add(appending);
        }

        /** @return who waited */
        List<Runnable> done() {
            List<Runnable> waited = waiting;
            waiting = null;
            return waited;
        }
    }

    /** @return null: nothing is known of it, and whoever asks is to {@link #begin} */
    Verification find(int current, TransactionalAppend of) {
        enter(current);
        Verification known = byProducer.get(of.producerId());
        return known != null && known.isOf(of) ? known : null;
    }

    /** In the place of any other transaction of the producer. */
    Verification begin(int current, TransactionalAppend of) {
        enter(current);
        Verification begun = new Verification(of);
        byProducer.put(of.producerId(), begun);
        return begun;
    }

    /** It is not verified. */
    void fail(long producerId, Verification verification) {
        byProducer.remove(producerId, verification);
    }

    /** A marker is about to be written. @param epoch of the marker: above that of the transaction's records */
    void end(int current, long producerId, short epoch) {
        enter(current);
        byProducer.computeIfPresent(producerId, (id, known) -> known.epoch < epoch ? null : known);
    }

    private void enter(int current) {
        if (leadership != current) {
            leadership = current;
            byProducer.clear();
        }
    }
}
