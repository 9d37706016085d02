package io.millrace.replica;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerRegistry;
import io.millrace.metadata.Coordinators;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.Partition;
import java.util.List;
import java.util.Set;

/**
 * How this broker leaves the others before it stops. It says that it is about to, so that nothing new is given to it;
 * from then on its leaders take nobody out of an ISR, because that followers do not reach a broker that stops says
 * nothing about them. Then it gives leaderships and places in ISRs up where another in-sync replica is up, never the last
 * one, and waits until the controller has given its groups to others. It serves on meanwhile.
 */
public final class Departure {
    private final BrokerRegistry brokers;
    private final HostedPartitions hosted;
    private final Replication replication;
    private final Coordinators coordinators;
    private final Runnable control;
    private boolean announced;

    /** @param control has the controller look, if this broker is it */
    public Departure(BrokerRegistry brokers, HostedPartitions hosted, Replication replication, Coordinators coordinators,
              Runnable control) {
        this.brokers = brokers;
        this.hosted = hosted;
        this.replication = replication;
        this.coordinators = coordinators;
        this.control = control;
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
        return left.isEmpty() && (others.isEmpty() || !coordinators.coordinatesAny());
    }

    private static boolean isToBeLeft(Partition partition, Set<Integer> others) {
        return partition.state().isInSync() && partition.hasOtherInSync(others);
    }
}
