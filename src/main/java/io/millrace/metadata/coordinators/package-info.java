/**
 * Which broker coordinates what, by buckets of keys.
 *
 * <p>Begin with {@code Coordinators}; {@code CoordinatorBuckets} decides, a pure function.
 */
package io.millrace.metadata.coordinators;
