package io.millrace.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TraceSpanTest {
    @Test
    void whatNobodyFollowsTakesNoObjectsAndLeavesNoTrace() {
        Map<String, String> headers = new HashMap<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        TraceSpan request = Tracing.NONE.request(new Tracing.Arrived("GET", "http", "/topics", "/topics"), name -> "00-1-1-01");

        request.carry(headers::put);
        request.endWith(done);

        assertThat(request).isSameAs(TraceSpan.NONE);
        assertThat(request.relay("GET", 2, "http://b")).isSameAs(TraceSpan.NONE);
        assertThat(request.append("t", 0, "ALL")).isSameAs(TraceSpan.NONE);
        assertThat(request.fetch("t", 0)).isSameAs(TraceSpan.NONE);
        assertThat(request.poll("g")).isSameAs(TraceSpan.NONE);
        assertThat(request.isRecorded()).isFalse();
        assertThat(headers).isEmpty();
        assertThat(done.getNumberOfDependents()).isZero();
    }

    @Test
    void aSpanEndsAsItsFutureDoes() {
        RecordedSpan well = new RecordedSpan("well");
        RecordedSpan ill = new RecordedSpan("ill");
        CompletableFuture<Void> later = new CompletableFuture<>();

        well.endWith(later);
        ill.endWith(CompletableFuture.failedFuture(new IllegalStateException()));

        assertThat(well.told()).isEmpty();
        later.complete(null);
        assertThat(well.told()).containsExactly("end");
        assertThat(ill.told()).containsExactly("failed IllegalStateException");
    }
}
