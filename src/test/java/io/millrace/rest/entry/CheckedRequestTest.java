package io.millrace.rest.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.Brokers;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.origin.Cors;
import io.millrace.rest.origin.KnownHosts;
import io.millrace.rest.origin.OriginRules;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a request's headers is seen. */
class CheckedRequestTest {
    private static final String PROXY = "127.0.0.1";
    private static final String PATH = "/consumers/g/instances/c/records";
    private static final Map<String, String> ONLY_BROKERS = Map.of("Millrace-Forwarded", "9", "Millrace-Answered", "7",
            "Millrace-Base-Uri", "http://b/", "Millrace-Caller", "10.0.0.9", "Millrace-Principal", "anna", "Millrace-Groups", "g",
            "Millrace-Roles", "millrace-client", "Millrace-Body", "40000");

    private final OriginRules rules = new OriginRules(PROXY::equals, PROXY::equals, new KnownHosts(List.of(), false, false), Cors.OFF);
    private final BrokerSignatures sender = Brokers.sender();
    private final BrokerSignatures receiver = Brokers.receiver();

    /** @param headers each with one value */
    private static HttpServletRequest request(Map<String, String> headers) {
        return request(headers, "", PATH);
    }

    private static HttpServletRequest request(Map<String, String> headers, String root, String path) {
        Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(headers);
        all.put("Host", "a");
        return (HttpServletRequest) Proxy.newProxyInstance(CheckedRequestTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "getMethod" -> "GET";
                    case "getRequestURI" -> root + path;
                    case "getContextPath" -> root;
                    case "getProtocol" -> "HTTP/1.1";
                    case "getScheme" -> "http";
                    case "getRemoteAddr" -> PROXY;
                    case "getServerName" -> "a";
                    case "getServerPort" -> 80;
                    case "getHeader" -> all.get(arguments[0]);
                    case "getHeaders" -> Collections.enumeration(all.containsKey(arguments[0]) ? List.of(all.get(arguments[0]))
                            : List.<String>of());
                    case "getHeaderNames" -> Collections.enumeration(all.keySet());
                    default -> null;
                });
    }

    private CheckedRequest checked(Map<String, String> headers) {
        return checked(request(headers));
    }

    private CheckedRequest checked(HttpServletRequest request) {
        Arrival arrival = Arrival.of(request, receiver, true);
        return new CheckedRequest(request, arrival.ofBroker(), rules, ContentCoding.IDENTITY, arrival.length(), UnaryOperator.identity());
    }

    /** What is on the wire when a broker passes a request on. */
    private Map<String, String> signed(Map<String, String> said) {
        Map<String, String> headers = new TreeMap<>(said);
        headers.putAll(sender.sign(Brokers.head("GET", PATH, null, said), 2, Brokers.RUN).headers());
        return headers;
    }

    private void requireRefused(Map<String, String> headers) {
        assertThat(catchThrowableOfType(RequestException.class, () -> checked(headers)).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/millrace", "/shop/log"})
    void theApplicationMayBeAnywhere(String root) {
        CheckedRequest seen = checked(request(signed(Map.of()), root, PATH));

        assertThat(seen.path()).isEqualTo(PATH);
        assertThat(seen.base()).isEqualTo("http://a" + root + "/");
        assertThat(seen.getRequestURL()).hasToString("http://a" + root + PATH);
        assertThat(seen.getHeader("Millrace-Forwarded")).as("a broker signs what follows").isEqualTo("1");
        assertThat(CheckedRequest.isInternal(seen)).isFalse();
        assertThat(CheckedRequest.isInternal(request(Map.of(), root, "/internal/replica/fetch"))).isTrue();
    }

    /** A client may write the application's path in another way than the container knows it. */
    @Test
    void thePathOfTheApplicationIsLeftOutHoweverItIsWritten() {
        assertThat(RequestTarget.path((HttpServletRequest) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {HttpServletRequest.class}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "getRequestURI" -> "/mill%72ace/topics/a%2Fb";
                    case "getContextPath" -> "/millrace";
                    default -> null;
                }))).isEqualTo("/topics/a%2Fb");
        assertThat(RequestTarget.path(request(Map.of(), "/millrace", ""))).isEqualTo("/");
    }

    @Test
    void aBodyThatWasReadIsHandedOverAsItWasBeforeItWasCompressed() throws IOException {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(new byte[1000]);
        }
        CheckedRequest seen = new CheckedRequest(request(Map.of()), false, rules, ContentCoding.GZIP, gzip.size(),
                UnaryOperator.identity());
        assertThat(seen.coding()).isEqualTo("gzip");

        assertThat(seen.handOver(gzip.toByteArray(), 1000)).hasSize(1000);
        assertThat(seen.coding()).isNull();
        assertThat(seen.getContentLengthLong()).isEqualTo(1000);
        assertThat(seen.getHeader("Content-Length")).isEqualTo("1000");
        assertThat(seen.getInputStream().readAllBytes()).hasSize(1000);
        assertThat(seen.getInputStream().isFinished()).isTrue();
        assertThat(catchThrowableOfType(RequestException.class, () -> seen.handOver(gzip.toByteArray(), 999)).status()).isEqualTo(413);
    }

    @Test
    void whatOnlyBrokersMaySayIsNotSeenWhenAClientSaysIt() {
        Map<String, String> headers = new TreeMap<>(ONLY_BROKERS);
        headers.put("Millrace-Poll", "3");
        CheckedRequest seen = checked(headers);
        ONLY_BROKERS.keySet().forEach(name -> {
            assertThat(seen.getHeader(name)).as(name).isNull();
            assertThat(Collections.list(seen.getHeaders(name.toUpperCase(Locale.ROOT)))).as(name).isEmpty();
        });
        assertThat(Collections.list(seen.getHeaderNames())).contains("Millrace-Poll").doesNotContainAnyElementsOf(ONLY_BROKERS.keySet());
        assertThat(seen.saysTheSame()).as("it is not let through as it was written").isFalse();
    }

    @Test
    void aBrokerOfTheClusterIsBelievedOnce() {
        Map<String, String> headers = signed(ONLY_BROKERS);
        CheckedRequest seen = checked(headers);
        ONLY_BROKERS.forEach((name, value) -> assertThat(seen.getHeader(name)).as(name)
                .isEqualTo(name.equals("Millrace-Forwarded") ? "1" : value));
        requireRefused(headers);
    }

    @Test
    void whoSaysToBeABrokerAndIsNoneIsRefused() {
        Map<String, String> headers = signed(ONLY_BROKERS);
        headers.put("Millrace-Roles", "millrace-admin");
        requireRefused(headers);
        requireRefused(Map.of("Millrace-Forwarded", "9", "Millrace-Signature", "Millrace 00"));
        requireRefused(Map.of("Millrace-Signature", ""));
    }

    @Test
    void whoMayNotBeABrokerIsRefusedWhateverIsSigned() {
        HttpServletRequest signed = request(signed(Map.of()), "", PATH);

        assertThat(catchThrowableOfType(RequestException.class, () -> Arrival.of(signed, receiver, false)).status()).isEqualTo(403);
    }

    @Test
    void ofABrokersBodyItsOwnLengthIsSeen() {
        for (String length : List.of("40000", "untold", "")) {
            Map<String, String> headers = signed(length.isEmpty() ? Map.of() : Map.of("Millrace-Body", length));
            headers.put("Content-Length", "40108");
            CheckedRequest seen = checked(headers);
            long expected = length.isEmpty() ? 0 : length.equals("untold") ? -1 : 40_000;
            assertThat(seen.getContentLengthLong()).isEqualTo(expected);
            assertThat(seen.sentLength()).isEqualTo(expected);
            assertThat(seen.getHeader("Content-Length")).isEqualTo(expected < 0 ? null : Long.toString(expected));
        }
    }
}
