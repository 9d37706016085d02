package io.millrace.rest.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.ClusterSecret;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.origin.Cors;
import io.millrace.rest.origin.KnownHosts;
import io.millrace.rest.origin.OriginRules;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.util.Collections;
import java.util.List;
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

    private final OriginRules rules = new OriginRules(PROXY::equals, PROXY::equals, new KnownHosts(List.of(), false, false), Cors.OFF);
    private final ClusterSecret secret = new ClusterSecret("s3cret", Clock.systemUTC());

    @Test
    void whoAskedIsBelievedAsItWasSignedOnly() {
        Map<String, String> who = Map.of("Millrace-Principal", "anna", "Millrace-Roles", "millrace-client");
        Map<String, String> headers = new TreeMap<>(BrokerHeaders.of(secret, 2, "GET", PATH, who::get));
        headers.putAll(who);
        assertThat(checked(secret, headers).getHeader("Millrace-Principal")).isEqualTo("anna");

        headers.put("Millrace-Roles", "millrace-admin");
        assertThat(checked(secret, headers).getHeader("Millrace-Principal")).isNull();
        assertThat(checked(secret, headers).getHeader("Millrace-Roles")).isNull();
        headers.remove("Millrace-Roles");
        assertThat(checked(secret, headers).getHeader("Millrace-Principal")).isNull();
    }

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

    private CheckedRequest checked(ClusterSecret by, Map<String, String> headers) {
        return new CheckedRequest(request(headers), by, rules, ContentCoding.IDENTITY, 0, UnaryOperator.identity());
    }

    private void requireUnseen(ClusterSecret by, Map<String, String> sent) {
        Map<String, String> headers = new TreeMap<>(sent);
        headers.put("Millrace-Answered", "7");
        headers.put("millrace-base-uri", "http://evil/");
        headers.put("Millrace-Checked", "true");
        headers.put("Millrace-Caller", "10.0.0.9");
        headers.put("Millrace-Poll", "3");
        CheckedRequest seen = checked(by, headers);
        for (String name : List.of("Millrace-Forwarded", "millrace-forwarded", "Millrace-Answered", "Millrace-Base-Uri",
                "Millrace-Checked", "Millrace-Caller")) {
            assertThat(seen.getHeader(name)).as(name).isNull();
            assertThat(Collections.list(seen.getHeaders(name))).as(name).isEmpty();
        }
        assertThat(Collections.list(seen.getHeaderNames())).contains("Millrace-Poll")
                .noneMatch(name -> name.equalsIgnoreCase("Millrace-Forwarded") || name.equalsIgnoreCase("Millrace-Base-Uri"));
        assertThat(seen.saysTheSame()).as("it is not let through as it was written").isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/millrace", "/shop/log"})
    void theApplicationMayBeAnywhere(String root) {
        CheckedRequest seen = new CheckedRequest(request(BrokerHeaders.of(secret, 2, "GET", PATH, any -> null), root, PATH), secret, rules,
                ContentCoding.IDENTITY, 0, UnaryOperator.identity());

        assertThat(seen.path()).isEqualTo(PATH);
        assertThat(seen.base()).isEqualTo("http://a" + root + "/");
        assertThat(seen.getRequestURL()).hasToString("http://a" + root + PATH);
        assertThat(seen.getHeader("Millrace-Forwarded")).as("a broker signs what follows").isEqualTo("2");
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
        CheckedRequest seen = new CheckedRequest(request(Map.of()), secret, rules, ContentCoding.GZIP, gzip.size(), UnaryOperator.identity());
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
        requireUnseen(secret, Map.of("Millrace-Forwarded", "9"));
        requireUnseen(secret, Map.of("Millrace-Forwarded", "9", "Millrace-Date", "1", "Millrace-Signature", "Millrace 00"));
        requireUnseen(secret, Map.of("Millrace-Forwarded", "9", "Authorization", "Basic YTpi"));
        requireUnseen(new ClusterSecret(null, Clock.systemUTC()), Map.of("Millrace-Forwarded", "9"));
    }

    @Test
    void norWhenItIsSignedForAnotherRequestOrSenderOrByAnotherCluster() {
        requireUnseen(secret, BrokerHeaders.of(secret, 2, "GET", "/consumers/g", any -> null));
        requireUnseen(secret, BrokerHeaders.of(secret, 2, "POST", PATH, any -> null));
        requireUnseen(secret, BrokerHeaders.of(new ClusterSecret("guess", Clock.systemUTC()), 2, "GET", PATH, any -> null));
        Map<String, String> other = new TreeMap<>(BrokerHeaders.of(secret, 2, "GET", PATH, any -> null));
        other.put("Millrace-Forwarded", "3");
        requireUnseen(secret, other);
    }

    @Test
    void aBrokerOfTheClusterIsBelieved() {
        Map<String, String> headers = new TreeMap<>(BrokerHeaders.of(secret, 2, "GET", PATH, any -> null));
        headers.put("Millrace-Answered", "7");
        headers.put("Millrace-Checked", "true");
        CheckedRequest seen = checked(secret, headers);
        assertThat(seen.getHeader("Millrace-Forwarded")).isEqualTo("2");
        assertThat(seen.getHeader("Millrace-Checked")).isEqualTo("true");
        assertThat(seen.getHeader("Millrace-Answered")).isEqualTo("7");
    }
}
