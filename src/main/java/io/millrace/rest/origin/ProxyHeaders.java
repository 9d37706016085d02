package io.millrace.rest.origin;

import io.millrace.rest.dialect.RequestException;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the proxy that a client came to says of the client's request; each is null where it says nothing.
 *
 * @param proto  a scheme, unchecked
 * @param host   name or address, perhaps with a port, unchecked
 * @param port   a port, unchecked
 * @param path   the client's whole path, or what it has before ours; with a slash at its beginning and none at its end
 * @param prefix what the client's path has before ours, as {@code path}
 */
public record ProxyHeaders(String proto, String host, String port, String path, String prefix) {
    /** No proxy that is believed says anything. */
    public static final ProxyHeaders NONE = new ProxyHeaders(null, null, null, null, null);

    private static final String TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
    /** One parameter of RFC 7239, and what ends it: the next parameter, the next proxy, or the end. */
    private static final Pattern PARAMETER =
            Pattern.compile("\\s*(?:(" + TOKEN + ")=(?:(" + TOKEN + "|[A-Za-z0-9._:\\[\\]-]+)|\"((?:[^\"\\\\]|\\\\.)*)\"))?\\s*(;|,|$)");
    private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+/?|/");

    /**
     * @param headers all values of a header of the request
     * @throws RequestException 400 for what cannot be read
     */
    public static ProxyHeaders of(Function<String, List<String>> headers) {
        String path = path("X-Forwarded-Path", single("X-Forwarded-Path", headers));
        String prefix = path("X-Forwarded-Prefix", first("X-Forwarded-Prefix", headers));
        String forwarded = String.join(",", headers.apply("Forwarded")).strip();
        if (!forwarded.isEmpty()) {
            return forwarded(forwarded, path, prefix);
        }
        return new ProxyHeaders(first("X-Forwarded-Proto", headers), first("X-Forwarded-Host", headers),
                first("X-Forwarded-Port", headers), path, prefix);
    }

    /** Of the first proxy, and the others must be readable. */
    private static ProxyHeaders forwarded(String text, String path, String prefix) {
        String proto = null;
        String host = null;
        boolean isFirst = true;
        Matcher parameters = PARAMETER.matcher(text);
        int at = 0;
        while (at < text.length()) {
            if (!parameters.find(at) || parameters.start() != at) {
                throw RequestException.badRequest("the header Forwarded cannot be read: a proxy writes for instance"
                        + " for=192.0.2.1;host=shop.example;proto=https");
            }
            String name = parameters.group(1);
            if (isFirst && "proto".equalsIgnoreCase(name)) {
                proto = value(parameters);
            } else if (isFirst && "host".equalsIgnoreCase(name)) {
                host = value(parameters);
            }
            isFirst &= !parameters.group(4).equals(",");
            at = parameters.end();
        }
        return new ProxyHeaders(proto, host, null, path, prefix);
    }

    private static String value(Matcher parameter) {
        return parameter.group(2) != null ? parameter.group(2) : parameter.group(3).replaceAll("\\\\(.)", "$1");
    }

    /** Each proxy on the way may have added one. */
    private static String first(String name, Function<String, List<String>> headers) {
        for (String value : headers.apply(name)) {
            for (String each : value.split(",")) {
                if (!each.isBlank()) {
                    return each.strip();
                }
            }
        }
        return null;
    }

    /** A path may have commas. */
    private static String single(String name, Function<String, List<String>> headers) {
        return headers.apply(name).stream().map(String::strip).filter(value -> !value.isEmpty()).findFirst().orElse(null);
    }

    private static String path(String name, String text) {
        if (text == null) {
            return null;
        }
        if (!PATH.matcher(text).matches() || text.contains("/../") || text.endsWith("/..")) {
            throw RequestException.badRequest("the header " + name + " must be a path as a URI has it, with a slash at its beginning");
        }
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }

    /** @param ours the path of the request after the context root, as it is written; null: nothing is said of any path */
    String before(String ours) {
        String own = ours.endsWith("/") ? ours.substring(0, ours.length() - 1) : ours;
        return path == null ? prefix : path.endsWith(own) ? path.substring(0, path.length() - own.length()) : path;
    }
}
