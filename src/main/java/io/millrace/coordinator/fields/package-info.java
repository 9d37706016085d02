/**
 * Kafka's primitive types, of which the keys and values of coordinators' records are made.
 *
 * <p>Begin with {@link io.millrace.coordinator.fields.FieldWriter} and {@link io.millrace.coordinator.fields.FieldReader}.
 */
package io.millrace.coordinator.fields;
