package io.millrace.rest.cluster;

import io.millrace.security.Caller;
import io.millrace.security.Role;
import jakarta.servlet.ServletRequest;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Who asked, beside what one broker passes to another: {@link BrokerHeaders} that are believed from brokers only. Names are UTF-8,
 * percent-encoded, lists of them separated by commas.
 */
public final class CallerHeaders {
    /** Absent: nobody knows. */
    public static final String PRINCIPAL = "Millrace-Principal";
    public static final String GROUPS = "Millrace-Groups";
    public static final String ROLES = "Millrace-Roles";
    /** Of a request: the {@link Caller} that was found at the entry; none while security is off. */
    public static final String ATTRIBUTE = "io.millrace.caller";
    /** In characters, encoded: what a server takes as a header by default, which is 32,768, and another one beside it. */
    private static final int MAX_GROUPS = 16_384;

    private CallerHeaders() {
    }

    /** What to add when this request is passed on: nothing while security is off. */
    public static Map<String, String> of(ServletRequest request) {
        return request.getAttribute(ATTRIBUTE) instanceof Caller caller ? of(caller) : Map.of();
    }

    /**
     * None for a caller that nobody knows.
     *
     * @throws IllegalArgumentException when its groups are too many to be told
     */
    public static Map<String, String> of(Caller caller) {
        Map<String, String> headers = new HashMap<>();
        if (!caller.isAnonymous()) {
            headers.put(PRINCIPAL, encoded(caller.principal()));
        }
        if (!caller.groups().isEmpty()) {
            headers.put(GROUPS, list(caller.groups()));
        }
        if (!caller.roles().isEmpty()) {
            headers.put(ROLES, caller.roles().stream().map(Role::text).collect(Collectors.joining(",")));
        }
        return headers;
    }

    private static String list(Collection<String> names) {
        StringBuilder list = new StringBuilder();
        for (String name : names.stream().sorted().toList()) {
            String next = encoded(name);
            list.append(list.isEmpty() ? "" : ",").append(next);
        }
        if (list.length() > MAX_GROUPS) { // leaving some out would leave out what is denied to them
            throw new IllegalArgumentException("the caller is in so many groups that another broker cannot be told of all of them: ask the"
                    + " broker that leads the partition, or coordinates the group, or send a token with fewer groups");
        }
        return list.toString();
    }

    private static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * @param header the value of a header of a broker's request, or null
     * @return who asked that broker
     */
    public static Caller read(UnaryOperator<String> header) {
        String principal = header.apply(PRINCIPAL);
        Set<String> groups = new LinkedHashSet<>();
        each(header.apply(GROUPS), group -> groups.add(decoded(group)));
        Set<Role> roles = EnumSet.noneOf(Role.class);
        each(header.apply(ROLES), role -> Role.of(role).ifPresent(roles::add));
        return principal == null && groups.isEmpty() && roles.isEmpty() ? Caller.ANONYMOUS
                : new Caller(principal == null ? null : decoded(principal), groups, roles);
    }

    private static void each(String list, Consumer<String> name) {
        if (list != null && !list.isEmpty()) {
            for (String each : list.split(",")) {
                name.accept(each.strip());
            }
        }
    }

    private static String decoded(String name) {
        return URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
