/**
 * The partitions that this server hosts: topics, appending, reading and waiting; speaks in results and errors of its
 * own, so that every listener only translates.
 *
 * <p>Begin with {@link io.millrace.broker.Broker}; topics are kept by {@link io.millrace.broker.Topics}.
 */
package io.millrace.broker;
