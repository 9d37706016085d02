package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.agreement.Member;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.Brokers;
import io.millrace.rest.cluster.RequestHead;
import io.millrace.rest.dialect.RequestException;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RelayedRequestTest {
    private final BrokerSignatures signatures = Brokers.sender();

    private static Member owner(String url) {
        return new Member(2, Brokers.RUN, url, null);
    }

    private static RelayedRequest request(Map<String, List<String>> sent, Map<String, String> told) {
        Map<String, List<String>> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(sent);
        return RelayedRequest.of("POST", "/topics/a%2Eb", "x=%2F+", name -> all.getOrDefault(name, List.of()), told);
    }

    @Test
    void whatTheClientSaysToTheOwnerGoesOn() {
        HttpRequest passed = request(Map.of("accept", List.of("text/plain;q=0.5", "*/*"), "Content-Type", List.of("a/b"),
                "Millrace-Transaction", List.of("tx;epoch=1"), "Idempotency-Key", List.of("k"), "Millrace-Poll", List.of("7"),
                "Millrace-Member-Epoch", List.of("3"), "Millrace-Incarnation", List.of("i"), "Authorization", List.of("Basic YTpi"),
                "Cookie", List.of("a=b"), "X-Other", List.of("y")), Map.of("Millrace-Caller", "10.0.0.9"))
                .to(owner("http://b:9080"), signatures, SealedBody.NONE);

        assertThat(passed.uri()).hasToString("http://b:9080/topics/a%2Eb?x=%2F+");
        assertThat(passed.method()).isEqualTo("POST");
        assertThat(passed.headers().allValues("Accept")).containsExactly("text/plain;q=0.5", "*/*");
        assertThat(passed.headers().map().keySet()).containsExactlyInAnyOrder("Accept", "Content-Type", "Millrace-Transaction",
                "Idempotency-Key", "Millrace-Poll", "Millrace-Member-Epoch", "Millrace-Incarnation", "Authorization", "Millrace-Caller",
                "Millrace-Forwarded", "Millrace-Signature");
        assertThat(passed.headers().firstValue("Millrace-Caller")).contains("10.0.0.9");
    }

    /** With it, the owner's container would take the client for the sender, who may not say for whom it asks. */
    @Test
    void whereABrokerShowsItsCertificateTheClientsCredentialsGoNoFurther() {
        HttpRequest passed = request(Map.of("authorization", List.of("Bearer a.b.c")), Map.of("Millrace-Principal", "anna"))
                .to(owner("https://b:9443"), signatures, SealedBody.NONE);

        assertThat(passed.headers().firstValue("Authorization")).isEmpty();
        assertThat(passed.headers().firstValue("Millrace-Principal")).contains("anna");
    }

    @Test
    void aTraceIsFollowedToTheOwner() {
        HttpRequest passed = request(Map.of("traceparent", List.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                "tracestate", List.of("a=1", "b=2"), "baggage", List.of("user=7")), Map.of())
                .to(owner("http://b"), signatures, SealedBody.NONE);

        assertThat(passed.headers().firstValue("traceparent")).contains("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assertThat(passed.headers().allValues("tracestate")).containsExactly("a=1", "b=2");
        assertThat(passed.headers().firstValue("baggage")).contains("user=7");
    }

    @Test
    void whereThisBrokerFollowsItTheTraceGoesOnFromHere() {
        HttpRequest passed = request(Map.of("traceparent", List.of("of the client"), "tracestate", List.of("a=1")),
                Map.of("traceparent", "of the relay")).to(owner("http://b"), signatures, SealedBody.NONE);

        assertThat(passed.headers().allValues("traceparent")).containsExactly("of the relay");
        assertThat(passed.headers().allValues("tracestate")).containsExactly("a=1");
    }

    /** A client cannot have one broker tell another what only that one may say. */
    @Test
    void ofWhatBrokersTellEachOtherNothingIsTakenFromTheClient() {
        HttpRequest passed = request(Map.of("Millrace-Checked", List.of("true"), "Millrace-Base-Uri", List.of("http://evil/"),
                "Millrace-Answered", List.of("7"), "Millrace-Caller", List.of("1.1.1.1"), "Millrace-Forwarded", List.of("9"),
                "Millrace-Body", List.of("7")), Map.of()).to(owner("http://b"), signatures, SealedBody.NONE);

        assertThat(passed.headers().map().keySet()).containsExactlyInAnyOrder("Millrace-Forwarded", "Millrace-Signature");
        assertThat(passed.headers().firstValue("Millrace-Forwarded")).contains("1");
    }

    @Test
    void theOwnerBelievesItWhateverPathItIsDeployedAt() {
        HttpRequest passed = request(Map.of(), Map.of()).to(owner("http://b:9080/millrace"), signatures, SealedBody.NONE);

        assertThat(passed.uri().getRawPath()).isEqualTo("/millrace/topics/a%2Eb");
        assertThatNoException().isThrownBy(() -> Brokers.receiver().take(
                new RequestHead("POST", "/topics/a%2Eb", "x=%2F+", name -> passed.headers().allValues(name))));
    }

    @Test
    void whatCannotBeSentIsABadRequest() {
        assertThat(catchThrowableOfType(RequestException.class, () -> request(Map.of("Accept", List.of("a\u0001")), Map.of())
                .to(owner("http://b"), signatures, SealedBody.NONE)).status()).isEqualTo(400);
    }

    @Test
    void whatWentToTheWrongBrokerIsToldWhoseItIs() {
        Member other = new Member(2, "run", "http://b:9080", null);
        assertThat(OwnerKind.LEADER.moved("orders-3", other).kind()).isEqualTo(ErrorKind.NOT_LEADER);
        assertThat(OwnerKind.COORDINATOR.moved("group g", other)).hasMessageContaining("group g").hasMessageContaining(other.url());
    }
}
