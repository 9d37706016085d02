/**
 * The steward: promotes members of CP that came back, removes those that are gone, starts its own anew when it is kept out,
 * and begins CP anew from the journals when its majority was lost.
 *
 * <p>Begin with {@link io.millrace.agreement.steward.ClusterNode}, the door of the agreement; {@code StewardAction} decides
 * what is to be done, {@code Steward} does it, {@code Restore} fills an empty CP.
 */
package io.millrace.agreement.steward;
