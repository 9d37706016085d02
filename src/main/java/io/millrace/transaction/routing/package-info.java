/**
 * Transactions among brokers: requests come to the coordinators, markers to the leaders of partitions, wherever these are.
 *
 * <p>Begin with {@link io.millrace.transaction.routing.Transactions}, the door; {@link
 * io.millrace.transaction.routing.TransactionTransport} is what it needs of the network.
 */
package io.millrace.transaction.routing;
