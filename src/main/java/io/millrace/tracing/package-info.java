/**
 * Following a request on its way through this server and others. {@link io.millrace.tracing.Tracing} begins with the request as it
 * arrives, {@link io.millrace.tracing.TraceSpan} is a stretch of its way, of which others begin.
 *
 * <p>Laws: pure Java, which imports nothing of the other packages; while nobody follows requests, nothing is made and nothing kept.
 * Of records and of who asks a span is told nothing but numbers and the names of topics and groups.
 */
package io.millrace.tracing;
