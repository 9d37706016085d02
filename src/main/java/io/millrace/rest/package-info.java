/**
 * JAX-RS resources, media types, exception mappers: translation between HTTP and the broker, no decisions.
 */
package io.millrace.rest;
