package io.millrace.tracing;

import java.util.function.UnaryOperator;

/** Follows requests, or does not. Thread-safe. */
public interface Tracing {
    /** Follows none. */
    Tracing NONE = new Tracing() {
        @Override
        public boolean isOn() {
            return false;
        }

        @Override
        public TraceSpan request(Arrived request, UnaryOperator<String> headers) {
            return TraceSpan.NONE;
        }

        @Override
        public TraceSpan unrecorded() {
            return TraceSpan.NONE;
        }
    };

    /**
     * A request as it arrives.
     *
     * @param route its path with names in braces in the place of what differs; null: it is no path of the interface
     * @param path  as it is written, without the query
     */
    record Arrived(String method, String scheme, String route, String path) {
    }

    /** For as long as this server runs. */
    boolean isOn();

    /** @param headers the value of a header of the request by its name, null: it has none; tell what trace it belongs to */
    TraceSpan request(Arrived request, UnaryOperator<String> headers);

    /** Of a request that tells nothing: by it whoever else looks for its trace knows that it is not to be recorded. */
    TraceSpan unrecorded();
}
