/**
 * Errors in the dialect's shape: what the broker and the container throw is mapped to them.
 *
 * <p>Begin with {@code ErrorResponse}.
 */
package io.millrace.rest.errors;
