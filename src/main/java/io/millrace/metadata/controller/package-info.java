/**
 * The controller: who leads what, also where no replica in sync is left, and how replicas move.
 *
 * <p>Begin with {@code Controller}. {@code Elections} decides who leads, a pure function; {@code UncleanElections} finds the
 * longest log where none is in sync.
 */
package io.millrace.metadata.controller;
