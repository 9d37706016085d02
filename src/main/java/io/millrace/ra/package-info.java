/**
 * The resource adapter, {@code millrace.rar} (Jakarta Connectors 2.1): an application sends records within its JTA transaction, and
 * they are committed together with what it writes to its database, or not at all.
 *
 * <p>Applications see {@link io.millrace.ra.MillraceConnectionFactory}. Begin with {@code Branches}: what becomes of a branch of
 * a global transaction, each on a transactional id of Millrace; {@code BranchXAResource} is how the transaction manager asks for that. The
 * rest is what the Connectors contract wants. Only {@code io.millrace.client} is used: the servers are reached over HTTP.
 */
package io.millrace.ra;
