package io.millrace.ops.telemetry;

import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.List;
import java.util.function.UnaryOperator;

/** A request's headers, as a propagator asks for them: by their names. */
enum RequestHeaders implements TextMapGetter<UnaryOperator<String>> {
    READ;

    @Override
    public Iterable<String> keys(UnaryOperator<String> headers) {
        return List.of();
    }

    @Override
    public String get(UnaryOperator<String> headers, String name) {
        return headers.apply(name);
    }
}
