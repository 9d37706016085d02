package io.millrace.rest.origin;

import io.millrace.rest.dialect.RequestException;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names that a server is called by. A web page whose own name was made to lead here (DNS rebinding) speaks under that name, and
 * is of the same origin for its browser; under an address or {@code localhost} none can.
 */
public final class KnownHosts {
    private static final String LOOPBACK = "localhost";

    private final Set<String> names;
    private final boolean listed;
    private final boolean loopback;

    /**
     * @param names    host names, in any spelling
     * @param listed   whether these are all that there are, beside addresses and localhost
     * @param loopback whether they are all for those who come over the loopback interface
     */
    public KnownHosts(Collection<String> names, boolean listed, boolean loopback) {
        this.names = names.stream().map(KnownHosts::plain).collect(Collectors.toUnmodifiableSet());
        this.listed = listed;
        this.loopback = loopback;
    }

    /**
     * @param host          of the header Host, without a port
     * @param overLoopback whether the connection came to a loopback address of this machine
     * @throws RequestException 421 for a name that this server is not known by
     */
    public void require(String host, boolean overLoopback) {
        if (listed || loopback && overLoopback) {
            String name = plain(host);
            if (!isAddress(name) && !name.equals(LOOPBACK) && !name.endsWith("." + LOOPBACK) && !names.contains(name)) {
                throw RequestException.misdirected("this server is not known by the name that the header Host has: call it by"
                        + " localhost or its address, or add the name to millrace.http.hosts");
            }
        }
    }

    private static boolean isAddress(String host) {
        return host.startsWith("[") || host.chars().allMatch(c -> c >= '0' && c <= '9' || c == '.');
    }

    private static String plain(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
}
