package io.millrace.rest.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.metadata.access.AccessRegisters;
import io.millrace.metadata.access.AccessRules;
import io.millrace.rest.access.RulesAccess;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.CallerHeaders;
import io.millrace.rest.dialect.RequestException;
import io.millrace.security.Caller;
import io.millrace.security.Operation;
import io.millrace.security.Permission;
import io.millrace.security.Permission.Effect;
import io.millrace.security.Quota;
import io.millrace.security.Resource;
import io.millrace.security.ResourcePattern;
import io.millrace.security.Role;
import io.millrace.security.Subject;
import io.millrace.security.Throttle;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Proxy;
import java.security.Principal;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryGuardTest {
    private final InMemoryRegisterStore store = new InMemoryRegisterStore();
    private final AccessRules rules = new AccessRules();
    private final List<String> audited = new ArrayList<>();
    private final Map<String, String> answered = new HashMap<>();
    private boolean on = true;
    private final EntryGuard guard = new EntryGuard(new Access(), new Throttle(10, () -> 0), new Audit(new Lines(),
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC)));

    EntryGuardTest() {
        rules.refresh(store);
    }

    private final class Access implements RulesAccess {
        @Override
        public boolean securityIsOn() {
            return on;
        }

        @Override
        public AccessRules rules() {
            return rules;
        }

        @Override
        public AccessRegisters accessRegisters() {
            return new AccessRegisters(store);
        }

        @Override
        public void accessChanged() {
            rules.refresh(store);
        }
    }

    private final class Lines implements System.Logger {
        @Override
        public String getName() {
            return Audit.LOGGER;
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
            audited.add(message);
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
            audited.add(format);
        }
    }

    /** A request as the container has it. */
    private static HttpServletRequest request(String method, String uri, String principal, Set<String> roles, Map<String, String> headers) {
        Map<String, Object> attributes = new HashMap<>();
        Principal named = () -> principal;
        return (HttpServletRequest) Proxy.newProxyInstance(EntryGuardTest.class.getClassLoader(), new Class<?>[] {HttpServletRequest.class},
                (proxy, called, arguments) -> switch (called.getName()) {
                    case "getMethod" -> method;
                    case "getRequestURI" -> uri;
                    case "getContextPath" -> "/root";
                    case "getRemoteAddr" -> "192.0.2.1";
                    case "getUserPrincipal" -> principal == null ? null : named;
                    case "isUserInRole" -> roles.contains(arguments[0]);
                    case "getHeader" -> headers.get(arguments[0]);
                    case "getHeaders" -> headers.containsKey(arguments[0]) ? Collections.enumeration(List.of(headers.get(arguments[0])))
                            : Collections.emptyEnumeration();
                    case "getAttribute" -> attributes.get(arguments[0]);
                    case "setAttribute" -> attributes.put((String) arguments[0], arguments[1]);
                    default -> throw new UnsupportedOperationException(called.getName());
                });
    }

    private HttpServletResponse response() {
        return (HttpServletResponse) Proxy.newProxyInstance(EntryGuardTest.class.getClassLoader(), new Class<?>[] {HttpServletResponse.class},
                (proxy, called, arguments) -> answered.put((String) arguments[0], (String) arguments[1]));
    }

    private HttpServletRequest enter(String method, String path, String principal, String role) {
        HttpServletRequest request = request(method, "/root" + path, principal, role == null ? Set.of() : Set.of(role), Map.of());
        guard.enter(request, request.getRequestURI().substring("/root".length()), response());
        return request;
    }

    private int status(String method, String path, String principal, String role) {
        try {
            enter(method, path, principal, role);
            return 200;
        } catch (RequestException refused) {
            return refused.status();
        }
    }

    private void permit(String principal, Operation operation, Resource resource) {
        new AccessRegisters(store).add(List.of(new Permission(Subject.principal(principal), operation, ResourcePattern.of(resource),
                Effect.ALLOW)));
        rules.refresh(store);
    }

    @ParameterizedTest
    @CsvSource({"GET, /, , , 200", "GET, /topics/t, , , 404", "POST, /consumers/g, , , 403", "GET, /topics/t, alice, , 404",
        "GET, /topics/t, alice, millrace-client, 200", "POST, /topics/t, alice, millrace-client, 200",
        "DELETE, /admin/topics/t, alice, millrace-client, 403", "DELETE, /admin/topics/t, olga, millrace-operator, 403",
        "DELETE, /admin/topics/t, root, millrace-admin, 200", "GET, /topics/t/partitions/0/records, olga, millrace-operator, 403",
        "POST, /admin/brokers/1/drain, alice, millrace-client, 403", "POST, /admin/brokers/1/drain, olga, millrace-operator, 200",
        "POST, /admin/permissions, olga, millrace-operator, 403", "POST, /admin/quotas, olga, millrace-operator, 200",
        "GET, /nothing, alice, millrace-client, 404", "GET, /nothing, root, millrace-admin, 200", "POST, /internal/x, , , 200",
        "GET, /topics/../internal/x, alice, millrace-client, 404", "POST, /producers, alice, millrace-client, 200",
        "POST, /producers, olga, millrace-operator, 403"})
    void eachRoleMayDoWhatItIsForBeforeThereAreAnyPermissions(String method, String path, String principal, String role, int status) {
        assertThat(status(method, path, principal, role)).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({"GET, /topics/t/partitions/0/records, 200", "POST, /topics/t, 403", "GET, /topics/u, 404", "POST, /consumers/g, 403",
        "GET, /admin/groups/g, 404", "GET, /topics, 200", "POST, /producers, 403"})
    void withPermissionsOnlyWhatTheyAllowIsDone(String method, String path, int status) {
        permit("alice", Operation.READ, Resource.topic("t"));

        assertThat(status(method, path, "alice", "millrace-client")).isEqualTo(status);
    }

    @Test
    void aTopicThatOneMayNotSeeIsAnsweredAsOneThatThereIsNot() {
        assertThatThrownBy(() -> enter("GET", "/topics/t", "alice", null)).hasMessage("there is no topic 't': create it first");
        assertThat(answered).containsEntry("Millrace-Error", "UNKNOWN_TOPIC");
    }

    @Test
    void aRefusalNamesOperationAndResource() {
        permit("alice", Operation.DESCRIBE, Resource.topic("t"));

        assertThatThrownBy(() -> enter("POST", "/topics/t", "alice", "millrace-client")).hasMessageContaining("WRITE")
                .hasMessageContaining("topic 't'").hasMessageContaining("alice");
    }

    @Test
    void recordsOfATransactionNeedItsIdAsWell() {
        permit("alice", Operation.WRITE, Resource.topic("t"));
        HttpServletRequest request = request("POST", "/root/topics/t", "alice", Set.of(), Map.of("Millrace-Transaction", "x;epoch=1"));

        assertThatThrownBy(() -> guard.enter(request, request.getRequestURI().substring("/root".length()), response())).hasMessageContaining("transactional id 'x'");
        permit("alice", Operation.WRITE, Resource.transactionalId("x"));
        guard.enter(request, request.getRequestURI().substring("/root".length()), response());
    }

    @Test
    void whoAsksIsToldByTheBrokerThatPassesARequestOn() {
        Caller alice = new Caller("älice,%", Set.of("g h", "i"), Set.of(Role.CLIENT));
        Map<String, String> headers = new HashMap<>(CallerHeaders.of(alice));
        headers.put(BrokerHeaders.FORWARDED, "2");
        HttpServletRequest request = request("GET", "/root/topics/t", null, Set.of(), headers);

        guard.enter(request, request.getRequestURI().substring("/root".length()), response());

        assertThat(CallerHeaders.of(request)).isEqualTo(CallerHeaders.of(alice));
        assertThat(request.getAttribute(CallerHeaders.ATTRIBUTE)).isEqualTo(alice);
    }

    @Test
    void administrativeActsAreWrittenDownAllowedOrNotAndNoNameBreaksTheLine() {
        enter("DELETE", "/admin/topics/t%0A%E2%80%AEx", "root", "millrace-admin");
        status("DELETE", "/admin/topics/t", "al\"\n\u202eice", "millrace-client");
        enter("GET", "/admin/topics/t", "root", "millrace-admin");

        assertThat(audited).hasSize(2).allSatisfy(line -> assertThat(line).matches("[ -~]+"));
        assertThat(audited.get(0)).isEqualTo("{\"time\":\"1970-01-01T00:00:00Z\",\"principal\":\"root\",\"address\":\"192.0.2.1\","
                + "\"act\":\"DELETE /root/admin/topics/t%0A%E2%80%AEx\",\"what\":\"DELETE topic 't\\u000a\\u202ex'\",\"outcome\":\"allowed\"}");
        assertThat(audited.get(1)).contains("\"principal\":\"al\\u0022\\u000a\\u202eice\"", "\"outcome\":\"refused\"");
    }

    @Test
    void whoHasUsedUpItsQuotaIsToldWhenToComeAgain() {
        new AccessRegisters(store).set(List.of(new Quota("alice", 10L, null, 1L)));
        rules.refresh(store);

        enter("GET", "/topics", "alice", "millrace-client");
        assertThat(status("GET", "/topics", "alice", "millrace-client")).isEqualTo(429);
        assertThat(answered).containsEntry("Retry-After", "1");
        assertThat(status("GET", "/topics", "bob", "millrace-client")).isEqualTo(200);
    }

    @Test
    void bytesAreCountedOnlyOfWhoHasAQuota() {
        new AccessRegisters(store).set(List.of(new Quota("alice", 10L, null, null)));
        rules.refresh(store);

        HttpServletRequest counted = enter("POST", "/topics/t", "alice", "millrace-client");
        assertThat(Meter.of(enter("POST", "/topics/t", "bob", "millrace-client"))).isNull();
        Meter.of(counted).received(1_000);
        Meter.of(counted).sent(1_000_000);
        assertThat(Meter.of(counted).pauseMs()).as("as long as what came is above what may").isBetween(90_000L, 110_000L);
        assertThat(Meter.pauses(enter("POST", "/topics/t", "bob", "millrace-client")).getAsLong()).isZero();

        assertThat(status("POST", "/topics/t", "alice", "millrace-client")).isEqualTo(429);
        assertThat(Integer.parseInt(answered.get("Retry-After"))).isBetween(90, 110);
    }

    @Test
    void nothingIsAskedWhileSecurityIsOff() {
        on = false;

        HttpServletRequest request = enter("DELETE", "/admin/topics/t", null, null);

        assertThat(CallerHeaders.of(request)).isEmpty();
        assertThat(audited).isEmpty();
    }
}
