package io.millrace.ops.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.tracing.TraceSpan;
import io.millrace.tracing.Tracing;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenTelemetryTracingTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CLIENT = "00f067aa0ba902b7";
    private static final String ROUTE = "/topics/{topic}/partitions/{partition}";
    private static final Tracing.Arrived PRODUCE = new Tracing.Arrived("POST", "http", ROUTE, "/topics/orders/partitions/2");

    private final InMemorySpanExporter exported = InMemorySpanExporter.create();
    private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exported)).build())
            .setPropagators(ContextPropagators.create(TextMapPropagator.composite(W3CTraceContextPropagator.getInstance(),
                    W3CBaggagePropagator.getInstance()))).build();
    private final Tracing first = new OpenTelemetryTracing(sdk, 1);
    private final Tracing owner = new OpenTelemetryTracing(sdk, 2);

    @AfterEach
    void close() {
        sdk.close();
    }

    private static Map<String, String> sampled(String flags) {
        return Map.of("traceparent", "00-" + TRACE + "-" + CLIENT + "-" + flags, "baggage", "user=7");
    }

    private SpanData span(String name, int nth) {
        return exported.getFinishedSpanItems().stream().filter(each -> each.getName().equals(name)).skip(nth).findFirst().orElseThrow(
                () -> new AssertionError(name + " is not in " + exported.getFinishedSpanItems()));
    }

    private static String text(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.stringKey(name));
    }

    private static Long number(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.longKey(name));
    }

    @Test
    void aRequestThatIsPassedOnIsOneTraceAcrossServers() {
        TraceSpan entry = first.request(PRODUCE, sampled("01")::get);
        TraceSpan relay = entry.relay("POST", 2, "http://b.example:9082");
        Map<String, String> headers = new HashMap<>();
        relay.carry(headers::put);
        TraceSpan arrived = owner.request(PRODUCE, headers::get);
        TraceSpan append = arrived.append("orders", 2, "ALL");
        append.records(5);
        append.end();
        arrived.answered(200);
        arrived.end();
        relay.answered(200);
        relay.end();
        entry.answered(200);
        entry.end();

        assertThat(exported.getFinishedSpanItems()).extracting(SpanData::getName)
                .containsExactly("append orders", "POST " + ROUTE, "relay POST", "POST " + ROUTE);
        assertThat(exported.getFinishedSpanItems()).extracting(SpanData::getTraceId).containsOnly(TRACE);
        assertThat(exported.getFinishedSpanItems()).extracting(each -> each.getStatus().getStatusCode()).containsOnly(StatusCode.UNSET);
        SpanData there = span("POST " + ROUTE, 0);
        SpanData here = span("POST " + ROUTE, 1);
        SpanData between = span("relay POST", 0);
        assertThat(here.getParentSpanId()).isEqualTo(CLIENT);
        assertThat(between.getParentSpanId()).isEqualTo(here.getSpanId());
        assertThat(there.getParentSpanId()).isEqualTo(between.getSpanId());
        assertThat(span("append orders", 0).getParentSpanId()).isEqualTo(there.getSpanId());
        assertThat(headers).containsEntry("baggage", "user=7");
        assertThat(number(here, "millrace.broker.id")).isEqualTo(1);
        assertThat(number(there, "millrace.broker.id")).isEqualTo(2);
    }

    @Test
    void spansSayWhatTheConventionsName() {
        TraceSpan entry = first.request(PRODUCE, name -> null);
        entry.relay("POST", 2, "http://b.example:9082").end();
        TraceSpan append = entry.append("orders", 2, "ALL");
        append.records(5);
        append.end();
        entry.fetch("orders", 3).end();
        entry.poll("shop").end();
        entry.answered(404);
        entry.end();

        SpanData request = span("POST " + ROUTE, 0);
        assertThat(request.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(request.getParentSpanContext().isValid()).isFalse();
        assertThat(text(request, "http.request.method")).isEqualTo("POST");
        assertThat(text(request, "http.route")).isEqualTo(ROUTE);
        assertThat(text(request, "url.path")).isEqualTo("/topics/orders/partitions/2");
        assertThat(text(request, "url.scheme")).isEqualTo("http");
        assertThat(number(request, "http.response.status_code")).isEqualTo(404);
        SpanData relay = span("relay POST", 0);
        assertThat(relay.getKind()).isEqualTo(SpanKind.CLIENT);
        assertThat(text(relay, "server.address")).isEqualTo("b.example");
        assertThat(number(relay, "server.port")).isEqualTo(9082);
        SpanData appended = span("append orders", 0);
        assertThat(text(appended, "messaging.system")).isEqualTo("millrace");
        assertThat(text(appended, "messaging.operation.type")).isEqualTo("send");
        assertThat(text(appended, "messaging.destination.name")).isEqualTo("orders");
        assertThat(text(appended, "messaging.destination.partition.id")).isEqualTo("2");
        assertThat(number(appended, "messaging.batch.message_count")).isEqualTo(5);
        assertThat(text(appended, "millrace.acks")).isEqualTo("all");
        assertThat(text(span("fetch orders", 0), "messaging.operation.type")).isEqualTo("receive");
        assertThat(text(span("poll", 0), "messaging.consumer.group.name")).isEqualTo("shop");
    }

    /** A client's mistake is no fault of the server, and one of the span in which this server is the client. */
    @Test
    void aStatusIsAnErrorOfWhoeverMadeIt() {
        TraceSpan missing = first.request(new Tracing.Arrived("GET", "http", "/a", "/a"), name -> null);
        TraceSpan relay = missing.relay("GET", 2, "http://b");
        relay.answered(404);
        relay.end();
        missing.answered(404);
        missing.end();
        TraceSpan broken = first.request(new Tracing.Arrived("GET", "http", "/b", "/b"), name -> null);
        broken.answered(503);
        broken.end();

        assertThat(span("GET /a", 0).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(span("relay GET", 0).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(span("GET /b", 0).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(span("GET /b", 0), "error.type")).isEqualTo("503");
    }

    @Test
    void aFailureIsToldByItsKindAndNotInItsWords() {
        TraceSpan append = first.request(PRODUCE, name -> null).append("orders", 0, "ALL");

        append.fail(new CompletionException(new BrokerException(ErrorKind.NOT_LEADER, "the key anna@example.org is refused")));
        append.end();

        SpanData span = span("append orders", 0);
        assertThat(exported.getFinishedSpanItems()).hasSize(1);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(span, "error.type")).isEqualTo("NOT_LEADER");
        assertThat(span.toString()).doesNotContain("anna");
    }

    @Test
    void whatTheClientDoesNotWantRecordedIsPassedOnAsThat() {
        TraceSpan entry = first.request(PRODUCE, sampled("00")::get);
        Map<String, String> headers = new HashMap<>();
        entry.relay("POST", 2, "http://b").carry(headers::put);
        entry.end();

        assertThat(entry.isRecorded()).isFalse();
        assertThat(headers.get("traceparent")).startsWith("00-" + TRACE).endsWith("-00");
        assertThat(exported.getFinishedSpanItems()).isEmpty();
    }

    /** The server's own filters would else begin a trace with each of them. */
    @Test
    void whatTellsNothingIsOfATraceThatIsNotRecorded() {
        Map<String, String> headers = new HashMap<>();
        TraceSpan probe = first.unrecorded();
        probe.carry(headers::put);
        first.request(PRODUCE, headers::get).end();
        probe.answered(200);
        probe.end();

        assertThat(headers.get("traceparent")).endsWith("-00");
        assertThat(exported.getFinishedSpanItems()).isEmpty();
    }

    /** Anybody can send a new one with each request: the names of spans are to be few. */
    @Test
    void aMethodThatNobodyKnowsIsNoName() {
        first.request(new Tracing.Arrived("BREW", "http", null, "/pot"), name -> null).end();

        assertThat(text(span("HTTP", 0), "http.request.method")).isEqualTo("_OTHER");
    }
}
