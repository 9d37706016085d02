/**
 * The topics as this server last read them, and how they are created, changed and deleted.
 *
 * <p>Begin with {@code Topics}, through which topics are changed, and {@code TopicCatalog}, which brings the replicas on this
 * broker ({@code LocalReplicas}) into line with what was agreed.
 */
package io.millrace.metadata.topics;
