/**
 * The registers of topics, in pages of 64 partitions each, so that what a change costs does not grow with the topic: with
 * three replicas a page has some 5 KB, with r replicas some 64 x (50 + 4r) bytes, twice that while all its partitions move.
 * The first page is in the topic's own register; a topic of 10,000 partitions has 157 registers, and one of up to 64 has
 * one.
 *
 * <p>Begin with {@code TopicStore}; {@code PageBatches} changes many pages at once, and {@code TopicRegisters} says in which
 * order several registers are written where the order counts.
 */
package io.millrace.metadata.registers;
