package io.millrace.ops;

import io.millrace.broker.Broker;
import io.millrace.group.Groups;
import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What comes first when the server stops, while everything still serves: whoever waits is answered with what there is,
 * and other brokers take over. Blocks for some seconds at most.
 *
 * @param passedWaits ends the requests that wait for other servers
 */
record HandOver(Broker broker, Groups groups, Runnable passedWaits) {
    private static final System.Logger LOG = System.getLogger(HandOver.class.getName());
    /** How long what groups leave behind may take to be written, in ms. */
    private static final long GROUPS_MS = 2_000;

    void run() {
        passedWaits.run();
        groups.endPolls();
        handGroupsOver();
        broker.leave();
    }

    private void handGroupsOver() {
        try {
            groups.handOver().get(GROUPS_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException late) { // whatever it is, leaderships are given up
            LOG.log(Level.INFO, "not every group could be handed over before the stop; they are taken over", late);
        }
    }
}
