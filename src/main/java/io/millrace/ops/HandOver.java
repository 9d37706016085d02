package io.millrace.ops;

import io.millrace.broker.Broker;
import io.millrace.group.Groups;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

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
    /** How long the answers to fetches that waited may take, in ms: each reads once. */
    private static final long FETCHES_MS = 2_000;

    void run() {
        passedWaits.run();
        groups.endPolls();
        handGroupsOver();
        await(broker::leave, FETCHES_MS, "not every fetch that waited could be answered before the stop");
    }

    private void handGroupsOver() {
        await(groups::handOver, GROUPS_MS, "not every group could be handed over before the stop; they are taken over");
    }

    /** The stop goes on, whatever comes of it. */
    private static void await(Supplier<CompletableFuture<?>> last, long patienceMs, String otherwise) {
        try {
            last.get().get(patienceMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException late) {
            LOG.log(Level.INFO, otherwise, late);
        }
    }
}
