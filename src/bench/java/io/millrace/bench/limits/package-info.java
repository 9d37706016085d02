/** A web application of its own that is deployed beside Millrace while it is measured; see {@code LimitsResource}. */
package io.millrace.bench.limits;
