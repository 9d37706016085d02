/**
 * What the brokers agree on: topics, their configuration and assignments, brokers, the controller and its elections,
 * placement and moves of replicas, which broker coordinates a group.
 *
 * <p>Begin with {@link io.millrace.metadata.Topics}, through which topics are changed, and {@code TopicCatalog}, which
 * brings the replicas on this broker into line with what was agreed. {@code Controller} looks after leaders; {@code
 * Elections} decides who leads, a pure function.
 */
package io.millrace.metadata;
