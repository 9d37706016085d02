/**
 * By what brokers of a cluster know each other over HTTP. {@link io.millrace.rest.cluster.BrokerSignatures} signs requests and takes
 * those of others, each once, by keys that {@link io.millrace.rest.cluster.ClusterSecret} makes;
 * {@link io.millrace.rest.cluster.BodySeal} puts their bodies into frames, and {@link io.millrace.rest.cluster.FrameReader} takes them
 * out; {@link io.millrace.rest.cluster.BrokerHeaders} are what only brokers may say, and {@link io.millrace.rest.cluster.BrokerTls} has
 * the certificates that they show.
 */
package io.millrace.rest.cluster;
