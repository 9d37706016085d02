/**
 * How resources come to the broker, the groups, producer ids, transactions and the agreement, once these are there.
 *
 * <p>Begin with {@code BrokerAccess}.
 */
package io.millrace.rest.access;
