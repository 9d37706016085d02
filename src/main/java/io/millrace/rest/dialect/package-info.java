/**
 * The dialect's bodies as plain objects: record lists in and out, errors, media types. Nothing here knows JAX-RS, so
 * all of it is tested without a server.
 *
 * <p>Begin with {@link io.millrace.rest.dialect.RecordListReader} (a produce request into the broker) and
 * {@link io.millrace.rest.dialect.RecordListWriter} (fetched batches into a JSON array). Record content passes through
 * {@link io.millrace.rest.dialect.ReusedBytes}, which one request reuses for all its records.
 */
package io.millrace.rest.dialect;
