/**
 * The brokers that are up, and where new replicas go among them.
 *
 * <p>Begin with {@code BrokerRegistry}.
 */
package io.millrace.metadata.brokers;
