/**
 * Permissions and quotas where the cluster keeps them: in registers {@code permissions/<n>} and {@code quotas/<n>}, over which they are
 * spread by hash so that none grows beyond some tens of KB, and, ready to decide, in the memory of each server.
 *
 * <p>Begin with {@link io.millrace.metadata.access.AccessRules}; {@link io.millrace.metadata.access.AccessRegisters} changes them.
 */
package io.millrace.metadata.access;
