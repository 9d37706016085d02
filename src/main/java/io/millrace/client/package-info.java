/**
 * A small client of the HTTP API, for Java programs outside the servers: it produces, with transactions or without, and asks one
 * server after the other until the request is answered.
 *
 * <p>Begin with {@link io.millrace.client.MillraceClient}. It needs the JDK and JSON-P, and nothing of the servers.
 */
package io.millrace.client;
