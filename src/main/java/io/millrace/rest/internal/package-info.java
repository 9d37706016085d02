/**
 * How brokers speak with each other: the same HTTP endpoint as for clients, its own paths, guarded by the cluster's
 * secret.
 *
 * <p>Begin with {@link io.millrace.rest.internal.HttpTransport}, which asks, and
 * {@link io.millrace.rest.internal.InternalResource}, which answers; what they send is put into bytes by
 * {@link io.millrace.rest.internal.ReplicaFetchCodec} and {@link io.millrace.rest.internal.FetchAllCodec}.
 * Replica fetches go by {@code WaitingExchange}, on threads that wait; all else by the JDK's client without such threads.
 */
package io.millrace.rest.internal;
