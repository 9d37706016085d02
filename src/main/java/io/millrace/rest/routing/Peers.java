package io.millrace.rest.routing;

import io.millrace.rest.cluster.BrokerSignatures;

/**
 * What requests to other brokers are made with.
 *
 * @param signatures sign what is passed on
 * @param client     sends it
 * @param waits      those that wait for another broker's answer
 */
public record Peers(BrokerSignatures signatures, BrokerClient client, RelayedWaits waits) {
}
