/**
 * Who may send which request: at the entry, before anything looks at it, and again where it is carried out.
 *
 * <p>Begin with {@link io.millrace.rest.guard.AccessTable}, which says for every path and method what is done to which resource, and
 * {@link io.millrace.rest.guard.EntryGuard}, which holds requests against it. What only bodies name is asked for by
 * {@link io.millrace.rest.guard.Guard} where they are read. {@link io.millrace.rest.guard.Authority} decides.
 *
 * <p>Laws: what the table does not know is for admins only; while security is off nothing here does anything.
 */
package io.millrace.rest.guard;
