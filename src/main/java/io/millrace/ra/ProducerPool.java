package io.millrace.ra;

import io.millrace.client.EndedTransaction;
import io.millrace.client.MillraceClient;
import io.millrace.client.RequestFailedException.Outcome;
import io.millrace.client.RequestFailedException;
import io.millrace.client.TransactionalProducer;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The transactional ids that branches write with, one at a time each: as many as there were branches at once. A server knows an id
 * for days after its last use, so ids are used again, the one first whose last use is longest ago, because its markers are
 * written by then. The ids have the resource manager's name and a text that no other pool has: what crashed is nobody's here, and cannot fence
 * anybody; the servers abort it when its time is up, and forget its ids when they expire.
 *
 * <p>What is to be aborted, and was not because no server was reached, is tried again by {@link #settle}: that are at most as many as there
 * were branches when contact was lost, as none begins without a server. Thread-safe, with one thread that settles.
 */
final class ProducerPool {
    private static final System.Logger LOG = System.getLogger(ProducerPool.class.getName());

    /** A producer whose transactions may take so long. */
    record Pooled(TransactionalProducer producer, Duration timeout) {
    }

    private final MillraceClient client;
    private final String prefix;
    private final AtomicInteger created = new AtomicInteger();
    private final Queue<Pooled> resting = new ConcurrentLinkedQueue<>();
    private final Queue<Pooled> owed = new ConcurrentLinkedQueue<>();

    ProducerPool(MillraceClient client, String resourceManager) {
        this.client = client;
        this.prefix = prefix(resourceManager) + UUID.randomUUID() + "-";
    }

    /** What the transactional ids of a resource manager begin with, whoever made them. */
    static String prefix(String resourceManager) {
        return resourceManager + "~";
    }

    /**
     * One that nobody else has.
     *
     * @throws RequestFailedException when it had to be asked for, and was not given; nothing is left then
     */
    Pooled take(Duration timeout) {
        Pooled pooled = resting.poll();
        if (pooled == null) {
            return begin(prefix + created.incrementAndGet(), timeout);
        }
        return pooled.timeout.equals(timeout) ? pooled : renew(pooled, timeout);
    }

    /** The same id with a new producer: the servers may have forgotten the one before. */
    Pooled renew(Pooled pooled, Duration timeout) {
        return begin(pooled.producer.transactionalId(), timeout);
    }

    private Pooled begin(String transactionalId, Duration timeout) {
        return new Pooled(client.begin(transactionalId, timeout), timeout);
    }

    /** Its transaction is over. */
    void giveBack(Pooled pooled, EndedTransaction ended) {
        resting.add(new Pooled(ended.producer(), pooled.timeout));
    }

    /** Aborts its transaction, now or as soon as a server is reached, unless that is over. */
    void abort(Pooled pooled) {
        if (!settled(pooled)) {
            owed.add(pooled);
        }
    }

    /** Tries again what is still to be aborted, until no server is reached. */
    void settle() {
        for (Pooled pooled = owed.peek(); pooled != null && settled(pooled); pooled = owed.peek()) {
            owed.remove(pooled);
        }
    }

    private boolean settled(Pooled pooled) {
        try {
            giveBack(pooled, client.abort(pooled.producer));
            return true;
        } catch (RequestFailedException failure) {
            LOG.log(Level.INFO, "{0} is not aborted: {1}", pooled.producer, failure.getMessage());
            return failure.outcome() == Outcome.REFUSED; // it is over then, and the id is left to expire
        }
    }
}
