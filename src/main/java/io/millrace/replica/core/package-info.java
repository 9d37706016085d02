/**
 * The state of a replica as an immutable value, and what every event makes of it: pure functions (state, event, moment) to
 * (state, effects). Roles, epochs, the ISR, the high watermark, truncation and healing are decided here and nowhere else.
 *
 * <p>Begin with {@link io.millrace.replica.core.ReplicaState}; {@link io.millrace.replica.core.Effect} is what it asks for,
 * and {@code Partition} in {@code replica.hosting} the shell that feeds it.
 */
package io.millrace.replica.core;
