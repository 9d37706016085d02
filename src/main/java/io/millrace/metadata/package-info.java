/**
 * What the brokers agree on: topics, their configuration and assignments, brokers, the controller and its elections,
 * placement and moves of replicas, which broker coordinates a group.
 *
 * <p>Begin with {@link io.millrace.metadata.Topics}, through which topics are changed, and {@code TopicCatalog}, which
 * brings the replicas on this broker into line with what was agreed. {@code Controller} looks after leaders; {@code
 * Elections} decides who leads, a pure function; {@code UncleanElections} finds the longest log where none is in sync.
 *
 * <p>A topic's assignments are in pages of 64 partitions, each in one register ({@code TopicStore}), so that what a change
 * costs does not grow with the topic: with three replicas a page has some 5 KB, with r replicas some 64 x (50 + 4r) bytes,
 * twice that while all its partitions move. The first page is in the topic's own register; a topic of 10,000 partitions
 * has 157 registers, and one of up to 64 has one. {@code TopicRegisters} says in which order several are written.
 */
package io.millrace.metadata;
