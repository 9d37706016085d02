package io.millrace.rest.forwarding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.forwarding.PassedRequest.Owner;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

class PassedRequestTest {
    private static final Member OTHER = new Member(2, "run", "http://b:9080", null);

    @Test
    void whatAnotherBrokerLeadsGoesThere() {
        assertThat(request(false).receiver(Optional.of(OTHER))).contains(OTHER);
    }

    @Test
    void whatThisBrokerLeadsStaysHere() {
        assertThat(request(false).receiver(Optional.empty())).isEmpty();
        assertThat(request(true).receiver(Optional.empty())).isEmpty();
    }

    @Test
    void whatWasPassedOnIsNotPassedOnAgain() {
        BrokerException e = catchThrowableOfType(BrokerException.class,
                () -> request(true).receiver(Optional.of(OTHER)));

        assertThat(e.kind()).isEqualTo(ErrorKind.NOT_LEADER);
        assertThat(e).hasMessageContaining("orders-3").hasMessageContaining(OTHER.url());
    }

    /** A client cannot have one broker tell another what only that one may say. */
    @Test
    void ofWhatBrokersTellEachOtherNothingIsTakenFromTheRequest() {
        Map<String, String> sent = Map.of("Millrace-Checked", "true", "Millrace-Base-Uri", "http://evil/", "Millrace-Answered", "7",
                "Millrace-Transaction", "shop;epoch=1");
        UriInfo uri = answering(UriInfo.class, (method, argument) -> method.equals("getPath") ? "topics/orders/partitions/3"
                : URI.create("http://a/topics/orders/partitions/3"));
        HttpHeaders headers = answering(HttpHeaders.class, (method, name) -> method.equals("getHeaderString") ? sent.get(name) : null);

        PassedRequest passed = PassedRequest.of(Owner.LEADER, "orders-3", "POST", uri, headers);
        assertThat(passed.further()).isEqualTo(Map.of("Millrace-Transaction", "shop;epoch=1"));
    }

    /** @param answers by the method's name and its first argument, or null */
    private static <T> T answering(Class<T> type, BiFunction<String, Object, Object> answers) {
        return type.cast(Proxy.newProxyInstance(PassedRequestTest.class.getClassLoader(), new Class<?>[] {type},
                (proxy, method, arguments) -> answers.apply(method.getName(), arguments == null ? null : arguments[0])));
    }

    private static PassedRequest request(boolean forwarded) {
        return new PassedRequest(Owner.LEADER, "orders-3", "GET", "/", null, List.of(), null, forwarded, Map.of());
    }
}
