/**
 * Records that come in and go out: a produce, a fetch and a poll, from the request to the written answer.
 *
 * <p>Begin with {@code Producing} and {@code FetchExchange}.
 */
package io.millrace.rest.exchange;
