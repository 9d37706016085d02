/**
 * Consumer groups: which members share a group's partitions, and how far the group has read.
 *
 * <p>Begin with {@code Groups}. Who is to own which partition is decided by an {@link io.millrace.group.Assignor};
 * {@code Assignors} finds it by name and checks its answer.
 */
package io.millrace.group;
