package io.millrace.ops.telemetry;

import io.millrace.tracing.TraceSpan;
import io.millrace.tracing.Tracing;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import jakarta.enterprise.inject.spi.CDI;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Requests become spans of the trace that their headers name, or of a new one. */
public final class OpenTelemetryTracing implements Tracing {
    static final String NAME = "io.millrace";
    /** Of the conventions; whatever else comes for a method is one name. */
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");
    private static final String OTHER = "_OTHER";
    private static final String OTHER_IN_NAMES = "HTTP";

    /** Of one trace, which nobody records. */
    private static final Context UNRECORDED = Context.root().with(Span.wrap(SpanContext.create("00000000000000000000000000000001",
            "0000000000000001", TraceFlags.getDefault(), TraceState.getDefault())));

    private final int brokerId;
    private final Tracer tracer;
    private final TextMapPropagator propagator;

    /** @param brokerId of this server */
    OpenTelemetryTracing(OpenTelemetry telemetry, int brokerId) {
        this.brokerId = brokerId;
        this.tracer = telemetry.getTracer(NAME);
        this.propagator = telemetry.getPropagators().getTextMapPropagator();
    }

    /**
     * By what the server gives its applications.
     *
     * @param brokerId of this server
     * @throws LinkageError          where there is no OpenTelemetry
     * @throws IllegalStateException where it is there, and not for applications
     */
    public static Tracing ofServer(int brokerId) {
        return new OpenTelemetryTracing(CDI.current().select(OpenTelemetry.class).get(), brokerId);
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public TraceSpan request(Arrived request, UnaryOperator<String> headers) {
        // of nothing that this thread may have been left with
        Context from = propagator.extract(Context.root(), headers, RequestHeaders.READ);
        boolean known = METHODS.contains(request.method());
        String method = known ? request.method() : OTHER_IN_NAMES;
        SpanBuilder span = tracer.spanBuilder(request.route() == null ? method : method + " " + request.route())
                .setSpanKind(SpanKind.SERVER).setParent(from)
                .setAttribute(Attribute.METHOD, known ? request.method() : OTHER)
                .setAttribute(Attribute.SCHEME, request.scheme())
                .setAttribute(Attribute.PATH, request.path())
                .setAttribute(Attribute.BROKER, (long) brokerId);
        if (request.route() != null) {
            span.setAttribute(Attribute.ROUTE, request.route());
        }
        return new OpenTelemetrySpan(tracer, propagator, from.with(span.startSpan()), OpenTelemetrySpan.SERVER_ERROR);
    }

    @Override
    public TraceSpan unrecorded() {
        return new OpenTelemetrySpan(tracer, propagator, UNRECORDED, OpenTelemetrySpan.SERVER_ERROR);
    }
}
