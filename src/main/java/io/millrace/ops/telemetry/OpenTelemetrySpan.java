package io.millrace.ops.telemetry;

import io.millrace.metadata.BrokerException;
import io.millrace.tracing.TraceSpan;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.net.URI;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;

/** A span with the trace that it belongs to. No thread carries it: whoever goes on with the request has it. */
final class OpenTelemetrySpan implements TraceSpan {
    /** From this status on a server has failed; below it, the client has. */
    static final int SERVER_ERROR = 500;
    /** From this status on a client did not get what it asked for. */
    private static final int CLIENT_ERROR = 400;
    private static final String SYSTEM = "millrace";

    private final Tracer tracer;
    private final TextMapPropagator propagator;
    private final Context context;
    private final Span span;
    private final int failedFrom;

    /**
     * @param context    with the span
     * @param failedFrom the lowest status that is an error
     */
    OpenTelemetrySpan(Tracer tracer, TextMapPropagator propagator, Context context, int failedFrom) {
        this.tracer = tracer;
        this.propagator = propagator;
        this.context = context;
        this.span = Span.fromContext(context);
        this.failedFrom = failedFrom;
    }

    @Override
    public boolean isRecorded() {
        return span.isRecording();
    }

    @Override
    public TraceSpan relay(String method, int brokerId, String url) {
        SpanBuilder relay = tracer.spanBuilder("relay " + method).setSpanKind(SpanKind.CLIENT).setParent(context)
                .setAttribute(Attribute.METHOD, method).setAttribute(Attribute.BROKER, (long) brokerId);
        URI to = URI.create(url);
        if (to.getHost() != null) {
            relay.setAttribute(Attribute.SERVER, to.getHost());
        }
        if (to.getPort() >= 0) {
            relay.setAttribute(Attribute.PORT, (long) to.getPort());
        }
        return begun(relay);
    }

    @Override
    public TraceSpan append(String topic, int partition, String acks) {
        return begun(ofPartition("append", "send", topic, partition).setAttribute(Attribute.ACKS, acks.toLowerCase(Locale.ROOT)));
    }

    @Override
    public TraceSpan fetch(String topic, int partition) {
        return begun(ofPartition("fetch", "receive", topic, partition));
    }

    @Override
    public TraceSpan poll(String group) {
        return begun(messaging("poll", "poll", "receive").setAttribute(Attribute.GROUP, group));
    }

    private SpanBuilder ofPartition(String operation, String type, String topic, int partition) {
        return messaging(operation + " " + topic, operation, type).setAttribute(Attribute.TOPIC, topic)
                .setAttribute(Attribute.PARTITION, Integer.toString(partition));
    }

    private SpanBuilder messaging(String name, String operation, String type) {
        return tracer.spanBuilder(name).setSpanKind(SpanKind.INTERNAL).setParent(context).setAttribute(Attribute.SYSTEM, SYSTEM)
                .setAttribute(Attribute.OPERATION, operation).setAttribute(Attribute.OPERATION_TYPE, type);
    }

    private TraceSpan begun(SpanBuilder of) {
        return new OpenTelemetrySpan(tracer, propagator, context.with(of.startSpan()), CLIENT_ERROR);
    }

    @Override
    public void carry(BiConsumer<String, String> headers) {
        propagator.inject(context, headers, (to, name, value) -> to.accept(name, value));
    }

    @Override
    public void records(long count) {
        span.setAttribute(Attribute.RECORDS, count);
    }

    @Override
    public void answered(int status) {
        span.setAttribute(Attribute.STATUS, (long) status);
        if (status >= failedFrom) {
            span.setStatus(StatusCode.ERROR).setAttribute(Attribute.ERROR, Integer.toString(status));
        }
    }

    @Override
    public void end() {
        span.end();
    }

    /** What a failure says in words may name what is none of a trace's business. */
    @Override
    public void fail(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        span.setStatus(StatusCode.ERROR).setAttribute(Attribute.ERROR,
                cause instanceof BrokerException known ? known.kind().name() : cause.getClass().getName());
        span.end();
    }
}
