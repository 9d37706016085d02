/**
 * Where a request says that it comes from and goes to: the host that it names, the proxies on its way, the web page that made a
 * browser send it.
 *
 * <p>Begin with {@link io.millrace.rest.origin.OriginRules}, which has what is configured; {@link io.millrace.rest.origin.Origin}
 * is what a client is told of this server's place.
 *
 * <p>Laws: plain objects that see headers, and no servlet; all immutable.
 */
package io.millrace.rest.origin;
