package io.millrace.rest.entry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.tracing.RecordedSpan;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FollowedTest {
    private final RecordedSpan span = new RecordedSpan("request");
    private final List<AsyncListener> listeners = new ArrayList<>();
    private final AsyncContext async = (AsyncContext) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[] {AsyncContext.class}, (proxy, method, arguments) -> {
                if (method.getName().equals("addListener")) {
                    listeners.add((AsyncListener) arguments[0]);
                }
                return null;
            });
    private int status = 200;
    private final Followed followed = new Followed(span, (HttpServletResponse) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[] {HttpServletResponse.class}, (proxy, method, arguments) -> {
                assertThat(method.getName()).isEqualTo("getStatus");
                return status;
            }));

    @Test
    void whatIsAnsweredOnTheRequestsThreadEndsWithIt() {
        status = 404;

        followed.returned(null);

        assertThat(span.told()).containsExactly("answered 404", "end");
    }

    @Test
    void whatNobodyAnsweredEndsWithItsFailure() {
        followed.returned(new IOException());
        followed.returned(null);

        assertThat(span.told()).containsExactly("failed IOException");
    }

    @Test
    void whatGoesOnEndsWhenItIsComplete() throws IOException {
        followed.goesOn(async);
        followed.returned(null);
        assertThat(span.told()).isEmpty();

        listeners.get(0).onComplete(new AsyncEvent(async));
        assertThat(span.told()).containsExactly("answered 200", "end");
    }

    /** As when a request is read to find out who answers it, and that is a resource here. */
    @Test
    void whatGoesOnToAResourceEndsThere() throws IOException {
        followed.goesOn(async);
        followed.returned(null);
        listeners.get(0).onStartAsync(new AsyncEvent(async));
        followed.goesOn(async);

        for (AsyncListener each : List.copyOf(listeners)) {
            each.onComplete(new AsyncEvent(async));
        }
        assertThat(span.told()).containsExactly("answered 200", "end");
    }

    @Test
    void aClientThatIsGoneEndsItOnce() throws IOException {
        followed.goesOn(async);
        followed.returned(null);

        listeners.get(0).onError(new AsyncEvent(async, new IOException()));
        listeners.get(0).onComplete(new AsyncEvent(async));
        assertThat(span.told()).containsExactly("failed IOException");
    }

    @Test
    void theContainersTimeoutEndsItOnce() throws IOException {
        followed.goesOn(async);

        listeners.get(0).onTimeout(new AsyncEvent(async));
        listeners.get(0).onComplete(new AsyncEvent(async));
        assertThat(span.told()).containsExactly("failed TimeoutException");
    }

    @Test
    void whereNobodyFollowsNothingListens() {
        Followed.NOT.goesOn(async);
        Followed.NOT.returned(null);

        assertThat(listeners).isEmpty();
    }
}
