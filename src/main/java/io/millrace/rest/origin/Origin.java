package io.millrace.rest.origin;

import io.millrace.rest.dialect.RequestException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;

/**
 * Where a client found this server: what it is told of other paths begins there.
 *
 * @param scheme http, or https
 * @param host   a name, an IPv4 address, or an IPv6 address in brackets
 * @param port   1 to 65535; that of the scheme when the client named none
 * @param prefix what a proxy says that the client's path begins with, without a slash at its end; null: no proxy says so
 */
public record Origin(String scheme, String host, int port, String prefix) {
    private static final int MAX_HOST_CHARACTERS = 255;
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    /**
     * @param hosts the values of Host, one or none
     * @param said  what a believed proxy says
     * @param local the address that the request came to, where the client names none
     * @param path  of the request after the context root, as it is written
     * @throws RequestException 400 when one of them cannot be true
     */
    public static Origin of(List<String> hosts, ProxyHeaders said, Origin local, String path) {
        String scheme = said.proto() == null ? local.scheme : scheme(said.proto());
        Origin called = new Origin(scheme, local.host, local.port, null);
        if (!hosts.isEmpty()) {
            String authority = hosts.get(0).strip();
            if (hosts.stream().anyMatch(each -> !each.strip().equalsIgnoreCase(authority))) {
                throw RequestException.badRequest("the header Host is there with different values: send it once");
            }
            called = at("Host", authority, scheme);
        }
        Origin seen = said.host() == null ? called : at("X-Forwarded-Host or the host of Forwarded", said.host(), scheme);
        return new Origin(scheme, seen.host, said.port() == null ? seen.port : port("X-Forwarded-Port", said.port()), said.before(path));
    }

    private static Origin at(String header, String authority, String scheme) {
        int colon = authority.lastIndexOf(':');
        boolean hasPort = colon >= 0 && colon > authority.lastIndexOf(']');
        String host = hasPort ? authority.substring(0, colon) : authority;
        String port = hasPort ? authority.substring(colon + 1) : "";
        if (!isHost(host)) {
            throw wrong(header);
        }
        return new Origin(scheme, host, port.isEmpty() ? defaultPort(scheme) : port(header, port), null);
    }

    private static String scheme(String proto) {
        if (!proto.equalsIgnoreCase("http") && !proto.equalsIgnoreCase("https")) {
            throw RequestException.badRequest("X-Forwarded-Proto, or the proto of Forwarded, must be http or https");
        }
        return proto.toLowerCase(Locale.ROOT);
    }

    private static int port(String header, String text) {
        int port = text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9') ? 0 : Integer.parseInt(text);
        if (port < 1 || port > 65_535) {
            throw wrong(header);
        }
        return port;
    }

    private static boolean isHost(String host) {
        if (host.startsWith("[") && host.endsWith("]")) {
            return isIpv6(host.substring(1, host.length() - 1));
        }
        return host.length() <= MAX_HOST_CHARACTERS && host.chars().anyMatch(Origin::isLetterOrDigit)
                && host.chars().allMatch(c -> isLetterOrDigit(c) || c == '.' || c == '-' || c == '_');
    }

    private static boolean isIpv6(String address) {
        if (address.indexOf(':') < 0 || !address.chars().allMatch(c -> Character.digit(c, 16) >= 0 || c == ':' || c == '.')) {
            return false;
        }
        try {
            // an address in brackets is never looked up
            return InetAddress.getByName("[" + address + "]") != null;
        } catch (UnknownHostException e) {
            // no address
            return false;
        }
    }

    private static boolean isLetterOrDigit(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    private static int defaultPort(String scheme) {
        return scheme.equals("https") ? HTTPS_PORT : HTTP_PORT;
    }

    private static RequestException wrong(String header) {
        return RequestException.badRequest("the header " + header + " must be a host name or address, and a port from 1 to 65535 where"
                + " it has one: write for instance localhost:9080");
    }

    /** Without any path, and without a slash at the end. */
    public String url() {
        return scheme + "://" + host + (port == defaultPort(scheme) ? "" : ":" + port);
    }

    /** @param origin as a browser writes it */
    boolean isWrittenAs(String origin) {
        return url().equalsIgnoreCase(origin);
    }
}
