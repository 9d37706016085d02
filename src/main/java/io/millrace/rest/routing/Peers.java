package io.millrace.rest.routing;

import io.millrace.rest.cluster.ClusterSecret;

/**
 * What requests to other brokers are made with.
 *
 * @param brokerId this broker's
 * @param secret   signs what is passed on
 * @param client   sends it
 * @param waits    those that wait for another broker's answer
 */
public record Peers(int brokerId, ClusterSecret secret, BrokerClient client, RelayedWaits waits) {
}
