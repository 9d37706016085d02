/**
 * Replicated state machines: a partition of an internal topic holds the changes of a state, and whoever leads the partition
 * keeps the state in memory and decides for its keys. There is no election beside the partition's own.
 *
 * <p>Begin with {@code CoordinatorRuntime}. What a state is, a {@code StateMachine} says; how it is written, a {@code
 * RecordCodec}; what is to change, a {@code Decision}. {@code CoordinatedPartition} is one partition through its
 * leaderships: {@code Loading} reads what is in its log, {@code ActivePartition} decides, writes and answers after that. What producers
 * have written in transactions waits in {@code PendingChanges} for their end, in both.
 * {@code CoordinatorLog} and {@code LedLog} are what it needs of the broker, and {@code BrokerLog} gives.
 */
package io.millrace.coordinator;
