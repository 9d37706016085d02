package io.millrace.rest.guard;

import io.millrace.metadata.BrokerException;
import io.millrace.rest.access.RulesAccess;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.CallerHeaders;
import io.millrace.rest.dialect.ErrorStatus;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.rest.guard.AccessRule.Mark;
import io.millrace.security.Caller;
import io.millrace.security.Operation;
import io.millrace.security.Quota;
import io.millrace.security.Resource;
import io.millrace.security.ResourceType;
import io.millrace.security.Role;
import io.millrace.security.Throttle;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.security.Principal;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Lets in what the caller is allowed, by its path, its method and its quota; the same for what another broker passes on. Thread-safe. */
public final class EntryGuard {
    private static final String INTERNAL = "internal";

    private final RulesAccess access;
    private final Authority authority;
    private final Throttle throttle;
    private final Audit audit;
    private final AccessTable table = new AccessTable();

    public EntryGuard(RulesAccess access, Throttle throttle, Audit audit) {
        this.access = access;
        this.authority = new Authority(access);
        this.throttle = throttle;
        this.audit = audit;
    }

    /**
     * Notes who asks, for {@link Guard}. What brokers ask each other is let in: it is for them to prove who they are.
     *
     * @param request in which headers of brokers are seen only when one sent them
     * @param path    of it as it is written, from the slash after the application's own path on
     * @throws RequestException the refusal: 403, 404, 429, 503
     */
    public void enter(HttpServletRequest request, String path, HttpServletResponse response) {
        if (!access.securityIsOn() || request.getMethod().equals("OPTIONS")) {
            return;
        }
        Optional<List<String>> segments = RequestPath.segments(path);
        if (segments.isPresent() && !segments.get().isEmpty() && segments.get().get(0).equals(INTERNAL)) {
            return;
        }
        boolean relayed = request.getHeader(BrokerHeaders.FORWARDED) != null;
        Asked asked = new Asked(request, relayed ? CallerHeaders.read(request::getHeader) : caller(request), relayed);
        asked.note();
        Optional<AccessRule> rule = segments.flatMap(each -> table.find(request.getMethod(), each));
        try {
            if (rule.isEmpty()) {
                requireAdmin(asked.caller());
            } else if (!rule.get().is(Mark.OPEN)) {
                hold(asked, rule.get(), response);
                check(asked, rule.get(), segments.get());
            }
        } catch (BrokerException refused) {
            response.setHeader(ErrorStatus.KIND_HEADER, refused.kind().name());
            throw RequestException.of(refused);
        }
    }

    /** The path of the interface that is meant, names in braces standing for any; null: there is none. */
    public String route(String method, String path) {
        try {
            return RequestPath.segments(path).flatMap(segments -> table.find(method, segments))
                    .map(rule -> "/" + String.join("/", rule.path())).orElse(null);
        } catch (IllegalArgumentException undecodable) {
            return null; // and about to be refused
        }
    }

    /** A request with whom it is from. */
    private record Asked(HttpServletRequest request, Caller caller, boolean relayed) {
        void note() {
            request.setAttribute(CallerHeaders.ATTRIBUTE, caller);
        }

        String act() {
            return request.getMethod() + " " + request.getRequestURI();
        }
    }

    private static Caller caller(HttpServletRequest request) {
        Principal principal = request.getUserPrincipal();
        if (principal == null || principal.getName() == null || principal.getName().isEmpty()) {
            return Caller.ANONYMOUS;
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (Role role : Role.values()) {
            if (request.isUserInRole(role.text())) {
                roles.add(role);
            }
        }
        return new Caller(principal.getName(), CallerGroups.of(principal), roles);
    }

    private static void requireAdmin(Caller caller) {
        if (!caller.is(Role.ADMIN)) {
            throw RequestException.notFound("there is nothing at this path, or nothing that can be done to it by this method");
        }
    }

    /** Each server holds callers to their quotas by itself; what is passed on was counted where it came in. */
    private void hold(Asked asked, AccessRule rule, HttpServletResponse response) {
        Quota quota = access.rules().quotas().of(asked.caller());
        if (asked.relayed() || quota.isEmpty()) {
            return;
        }
        String principal = asked.caller().principal();
        String key = principal == null ? "address " + asked.request().getRemoteAddr() : "principal " + principal;
        long waitMs = throttle.request(key, quota, rule.traffic());
        if (waitMs > 0) {
            long seconds = (waitMs + 999) / 1000;
            response.setHeader("Retry-After", Long.toString(seconds));
            throw RequestException.tooMany("the quota of " + (principal == null ? "this address" : "'" + principal + "'")
                    + " is used up: try again in " + seconds + " s, or ask an administrator for more");
        }
        if (rule.traffic() != Throttle.Traffic.NONE) {
            Throttle.Spent spent = throttle.spent(key);
            asked.request().setAttribute(Meter.ATTRIBUTE, new Meter(spent, rule.traffic(),
                    () -> throttle.pauseMs(spent, access.rules().quotas().of(asked.caller()), rule.traffic())));
        }
    }

    private void check(Asked asked, AccessRule rule, List<String> path) {
        if (rule.is(Mark.SOME_WRITE) && !authority.allowsSome(asked.caller(), Operation.WRITE, ResourceType.TOPIC)) {
            authority.require(asked.caller(), Operation.IDEMPOTENT_WRITE, Resource.CLUSTER);
        }
        for (Need need : rule.needs()) {
            Resource resource = need.resource(path);
            boolean hidden = resource.type() == ResourceType.TOPIC || rule.is(Mark.HIDDEN);
            try {
                authority.require(asked.caller(), need.operation(), resource, hidden);
            } catch (RequestException | BrokerException refused) {
                write(asked, rule, need.operation() + " " + resource, false);
                throw refused;
            }
            write(asked, rule, need.operation() + " " + resource, true);
        }
        if (rule.is(Mark.TRANSACTIONAL)) {
            TransactionHeader.parse(Collections.list(asked.request().getHeaders(TransactionHeader.NAME))).ifPresent(transaction ->
                    authority.require(asked.caller(), Operation.WRITE, Resource.transactionalId(transaction.transactionalId())));
        }
    }

    private void write(Asked asked, AccessRule rule, String what, boolean allowed) {
        if (rule.is(Mark.ADMINISTRATIVE) && !(asked.relayed() && allowed)) {
            audit.write(asked.caller(), asked.request().getRemoteAddr(), asked.act(), what, allowed);
        }
    }
}
