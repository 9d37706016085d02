/**
 * The server's settings: every MicroProfile Config property {@code millrace.*} with its default, its range and its
 * meaning, read and checked once at the start. A test holds {@code docs/configuration.md} to what stands here.
 */
package io.millrace.config;
