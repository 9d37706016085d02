package io.millrace.replica;

import io.millrace.agreement.AgreementStatus;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.Partition;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How this broker leaves the others before it stops. It says that it is about to, so that nothing new is given to it;
 * from then on its leaders take nobody out of an ISR, because that followers do not reach a broker that stops says
 * nothing about them. Then it gives leaderships and places in ISRs up where another in-sync replica is up, never the last
 * one. It serves on meanwhile.
 */
public final class Departure {
    private static final System.Logger LOG = System.getLogger(Departure.class.getName());
    /** How long it is waited for others to take leaderships over, in ms. */
    private static final long HANDOVER_MS = 7_000;
    private static final long HANDOVER_RETRY_MS = 50;

    private final BrokerRegistry brokers;
    private final HostedPartitions hosted;
    private final Replication replication;
    private final Runnable control;
    private final Supplier<AgreementStatus> agreement;
    private boolean announced;
    /** Whether {@link #complete} is over. */
    private boolean completed;

    /**
     * @param control   has the controller look, if this broker is it
     * @param agreement how it stands
     */
    public Departure(BrokerRegistry brokers, HostedPartitions hosted, Replication replication, Runnable control,
                     Supplier<AgreementStatus> agreement) {
        this.brokers = brokers;
        this.hosted = hosted;
        this.replication = replication;
        this.control = control;
        this.agreement = agreement;
    }

    /** Leaves. Blocks until others lead, for some seconds at most; does nothing when called again. */
    public synchronized void complete() {
        if (completed) {
            return;
        }
        completed = true;
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(HANDOVER_MS);
        BrokerException problem = null;
        try {
            while (System.nanoTime() - until < 0) {
                try {
                    if (advance()) {
                        return;
                    }
                    problem = null;
                } catch (BrokerException unavailable) {
                    problem = unavailable;
                    if (!agreement.get().available()) {
                        break; // too few others are left to take anything over
                    }
                }
                Thread.sleep(HANDOVER_RETRY_MS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        LOG.log(Level.WARNING, "not everything could be handed over before the stop; the others take it over", problem);
    }

    /**
     * Goes on with it. Blocks while registers are written; to be called by one thread, again until all is done.
     *
     * @return whether nothing is left here that others could take over
     * @throws BrokerException UNAVAILABLE when the registers cannot be changed now
     */
    public boolean advance() {
        if (!announced) {
            brokers.leave();
            announced = true;
            control.run();
        }
        brokers.refresh(); // two that go at once must not each count on the other
        Set<Integer> others = brokers.live();
        List<Partition> left = hosted.working().stream().filter(partition -> isToBeLeft(partition, others)).toList();
        replication.leave(left, others);
        return left.isEmpty();
    }

    private static boolean isToBeLeft(Partition partition, Set<Integer> others) {
        return partition.state().isInSync() && partition.hasOtherInSync(others);
    }
}
