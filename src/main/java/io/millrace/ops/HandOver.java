package io.millrace.ops;

import io.millrace.broker.Broker;
import io.millrace.group.Groups;

/**
 * What comes first when the server stops, while everything still serves: whoever waits is answered with what there is,
 * and other brokers take over. Blocks for some seconds at most.
 *
 * @param passedWaits ends the requests that wait for other servers
 */
record HandOver(Broker broker, Groups groups, Runnable passedWaits) {
    void run() {
        passedWaits.run();
        groups.endPolls();
        groups.handOver();
        broker.leave();
    }
}
