/**
 * Brings a log that is on disk into order when it is opened: what was durable is believed, the rest is verified, and only a
 * torn end is cut off.
 *
 * <p>Begin with {@link io.millrace.log.recovery.LogRecovery}.
 */
package io.millrace.log.recovery;
