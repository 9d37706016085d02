/**
 * By what brokers of a cluster know each other over HTTP: {@link io.millrace.rest.cluster.ClusterSecret} signs requests, and
 * {@link io.millrace.rest.cluster.BrokerHeaders} are what only brokers may say, and {@link io.millrace.rest.cluster.BrokerTls} has the
 * certificates that they show.
 */
package io.millrace.rest.cluster;
