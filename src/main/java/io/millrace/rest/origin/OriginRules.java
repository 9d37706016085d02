package io.millrace.rest.origin;

import java.util.function.Predicate;

/**
 * What is configured of where requests may come from.
 *
 * @param proxies  whether an address is that of a proxy that is believed
 * @param loopback whether an address is one of the loopback interface
 * @param hosts    the names that this server is called by
 * @param cors     the web pages of other sites that may use it
 */
public record OriginRules(Predicate<String> proxies, Predicate<String> loopback, KnownHosts hosts, Cors cors) {
    /** Keeps acts of other sites away. */
    public SiteGuard siteGuard() {
        return new SiteGuard(cors);
    }

    /** @param address of this end of a connection; null where it is not known */
    public boolean isLoopback(String address) {
        return address != null && loopback.test(address);
    }
}
