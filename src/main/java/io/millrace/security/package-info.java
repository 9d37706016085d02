/**
 * Who may do what: callers with their roles, permissions on topics, groups, transactional ids and the cluster, and quotas. The
 * container says who a caller is; this decides what that one may do, and knows nothing of HTTP, registers or topics.
 *
 * <p>Begin with {@link io.millrace.security.Permissions}, which answers the question; {@link io.millrace.security.RoleGrants} says
 * what a role gives by itself.
 *
 * <p>Laws: pure Java, which imports nothing of the other packages; what decides is immutable, and a change is another object.
 */
package io.millrace.security;
