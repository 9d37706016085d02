/**
 * The door to the partitions: finds the one that is meant, here or on the broker that leads it. Speaks in results and
 * errors of its own, so that every listener only translates.
 *
 * <p>Begin with {@link io.millrace.broker.Broker}. A record goes through {@code broker.produce} into a partition; a fetch
 * through {@code broker.fetch}, which parks it when there is too little.
 * {@code BrokerParts} puts a broker together, {@code Upkeep} is what it does unasked.
 */
package io.millrace.broker;
