/**
 * The configuration of topics: keys, what each may be, and which partitioner a topic names.
 *
 * <p>Begin with {@code TopicConfig}.
 */
package io.millrace.metadata.config;
