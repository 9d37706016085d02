/**
 * The small bodies of the HTTP interface as Java records, bound by JSON-B; component names appear in lower case with
 * underscores.
 */
package io.millrace.rest.model;
