/**
 * The partitions that this server hosts: topics, appending, reading and waiting; speaks in results and errors of its
 * own, so that every listener only translates.
 *
 * <p>Begin with {@link io.millrace.broker.Broker}, the door. Topics are changed through {@link
 * io.millrace.broker.Topics}, cached by {@code TopicCatalog} and brought together with the logs on disk by {@code
 * LogRecovery}. A record goes through {@link io.millrace.broker.RecordAccumulator} and {@code Appends} into a {@code
 * Partition}; a fetch through {@code Fetches}, which parks it in {@code ParkedFetches} when there is too little.
 */
package io.millrace.broker;
