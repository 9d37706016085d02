/**
 * Requests that another broker is to answer: they are passed on to it once, and its answer through.
 *
 * <p>Begin with {@code Forwarding}.
 */
package io.millrace.rest.forwarding;
