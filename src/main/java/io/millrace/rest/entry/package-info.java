/**
 * What every request meets before JAX-RS: its target, headers and the coming of its body are checked, and what comes after sees
 * them in one spelling only. A request that is refused here did nothing; its answer has the dialect's shape.
 *
 * <p>Begin with {@link io.millrace.rest.entry.EntryFilter}; {@link io.millrace.rest.entry.CheckedRequest} says which headers are
 * read and how, {@link io.millrace.rest.entry.UploadStream} is what all bodies come through. What is let
 * in goes {@link io.millrace.rest.entry.Onward}.
 *
 * <p>Laws: nothing here knows topics, groups or JAX-RS; a body that does not come holds a thread only within
 * {@link io.millrace.rest.entry.Uploads}, and for a bounded time.
 */
package io.millrace.rest.entry;
