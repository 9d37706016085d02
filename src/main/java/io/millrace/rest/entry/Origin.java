package io.millrace.rest.entry;

import io.millrace.rest.dialect.RequestException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;

/**
 * Where a client found this server: what it is told of other paths begins there.
 *
 * @param scheme http, or https in front of a proxy that says so
 * @param host   a name, an IPv4 address, or an IPv6 address in brackets
 * @param port   1 to 65535; that of the scheme when the client named none
 */
record Origin(String scheme, String host, int port) {
    private static final int MAX_HOST_CHARACTERS = 255;
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    /**
     * @param hosts  the values of Host, one or none
     * @param protos the values of X-Forwarded-Proto: each proxy on the way may have added one, the client's first
     * @param local  the address that the request came to, where the client names none
     * @throws RequestException 400 when one of them cannot be true
     */
    static Origin of(List<String> hosts, List<String> protos, Origin local) {
        String scheme = scheme(protos, local.scheme);
        if (hosts.isEmpty()) {
            return new Origin(scheme, local.host, local.port);
        }
        String authority = hosts.get(0).strip();
        if (hosts.stream().anyMatch(each -> !each.strip().equalsIgnoreCase(authority))) {
            throw RequestException.badRequest("the header Host is there with different values: send it once");
        }
        int colon = authority.lastIndexOf(':');
        boolean hasPort = colon >= 0 && colon > authority.lastIndexOf(']');
        String host = hasPort ? authority.substring(0, colon) : authority;
        String port = hasPort ? authority.substring(colon + 1) : "";
        if (!isHost(host)) {
            throw wrong();
        }
        return new Origin(scheme, host, port.isEmpty() ? defaultPort(scheme) : port(port));
    }

    private static String scheme(List<String> protos, String otherwise) {
        String first = null;
        for (String value : protos) {
            for (String each : value.split(",")) {
                String proto = each.strip();
                if (proto.isEmpty()) {
                    continue;
                }
                if (!proto.equalsIgnoreCase("http") && !proto.equalsIgnoreCase("https")) {
                    throw RequestException.badRequest("the header X-Forwarded-Proto must be http or https, or a list of them");
                }
                first = first == null ? proto.toLowerCase(Locale.ROOT) : first;
            }
        }
        return first == null ? otherwise : first;
    }

    private static int port(String text) {
        int port = text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9') ? 0 : Integer.parseInt(text);
        if (port < 1 || port > 65_535) {
            throw wrong();
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

    private static RequestException wrong() {
        return RequestException.badRequest("the header Host must be a host name or address, and a port from 1 to 65535 where it has"
                + " one: write for instance localhost:9080");
    }

    /** Without a slash at the end. */
    String url() {
        return scheme + "://" + host + (port == defaultPort(scheme) ? "" : ":" + port);
    }
}
