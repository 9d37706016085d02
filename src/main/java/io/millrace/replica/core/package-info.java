/**
 * The state of a replica as an immutable value, and what every event makes of it: pure functions (state, event, moment) to
 * (state, effects). Roles, epochs, the ISR, the high watermark, where a log is cut and when it may be
 * healed are decided here; how one damage is mended is decided by {@code Healing} in {@code replica.follower}.
 *
 * <p>Begin with {@link io.millrace.replica.core.ReplicaState}; {@link io.millrace.replica.core.Effect} is what it asks for,
 * and {@code Partition} in {@code replica.hosting} the shell that feeds it.
 */
package io.millrace.replica.core;
