/**
 * The transaction coordinator: whoever leads a partition of {@code __transaction_state} decides for the transactional ids in it.
 *
 * <p>Begin with {@link io.millrace.transaction.coordinator.TransactionCoordinator}, the door. What a request comes to, {@code
 * io.millrace.transaction.state} says; {@code TransactionMachine} is the state of one partition; an {@code Attempt} is a request
 * that is repeated while the transaction before is being ended, and {@code PartitionAdditions} make one of many; {@code Endings} have the markers written of what was decided,
 * which is never begun before the decision is committed. Other rooms give it {@link
 * io.millrace.transaction.coordinator.MarkerWriter} and a source of producer ids.
 */
package io.millrace.transaction.coordinator;
