/**
 * Transactions among brokers: requests come to the coordinators, markers to the leaders of partitions, wherever these are.
 *
 * <p>Begin with {@link io.millrace.transaction.routing.Transactions}, the door; {@link
 * io.millrace.transaction.routing.TransactionTransport} is what it needs of the network. {@link
 * io.millrace.transaction.routing.HangingTransactions} are those that are open in a partition and that no coordinator knows.
 */
package io.millrace.transaction.routing;
