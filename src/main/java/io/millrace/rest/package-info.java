/**
 * JAX-RS resources, media types, exception mappers: translation between HTTP and the broker, no decisions.
 *
 * <p>A request comes in through {@code io.millrace.rest.entry}, which checks its target, headers and the coming of its body.
 * Begin with {@link io.millrace.rest.TopicsResource} (topics and producing),
 * {@link io.millrace.rest.RecordsResource} (fetching) and {@link io.millrace.rest.TopicAdministrationResource}; what
 * another broker owns has gone there by {@code io.millrace.rest.routing} before, and brokers speak with each other by
 * {@code io.millrace.rest.internal}. Records come and go by {@code io.millrace.rest.exchange}; their bodies are read and
 * written by {@code io.millrace.rest.dialect}, which knows nothing of JAX-RS; small ones are records of {@code
 * io.millrace.rest.model}, bound by {@link io.millrace.rest.body.JsonBodies}.
 *
 * <p>Laws: no request holds a thread while it waits, but for bodies that come in lines, of which there is a bounded number; every
 * byte that a client's request keeps in memory is reserved
 * in the {@link io.millrace.rest.body.MemoryBudget} until its answer is out, but for the few of an answer that passes
 * through on its way from the leader; nothing is passed on twice; every error leaves in the dialect's shape.
 */
package io.millrace.rest;
