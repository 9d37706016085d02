package io.millrace.ops;

import io.millrace.ops.telemetry.OpenTelemetryTracing;
import io.millrace.tracing.Tracing;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Whether requests are followed, which MicroProfile Telemetry's own settings say; by default they are not. */
final class FollowedRequests {
    private static final System.Logger LOG = System.getLogger(FollowedRequests.class.getName());
    private static final String DISABLED = "otel.sdk.disabled";
    private static final String EXPORTER = "otel.traces.exporter";
    private static final String NO_EXPORTER = "none";
    private static final String PACKAGE = OpenTelemetryTracing.class.getPackageName() + ".";

    private FollowedRequests() {
    }

    static Tracing of(Function<String, Optional<String>> settings, int brokerId) {
        // a reference to the method would have the class linked here, which fails where there is no OpenTelemetry
        return of(settings, brokerId, id -> OpenTelemetryTracing.ofServer(id));
    }

    /** @param server makes what follows them, by the broker's id */
    static Tracing of(Function<String, Optional<String>> settings, int brokerId, IntFunction<Tracing> server) {
        boolean off = settings.apply(DISABLED).map(String::strip).filter("false"::equalsIgnoreCase).isEmpty()
                || settings.apply(EXPORTER).map(String::strip).filter(NO_EXPORTER::equalsIgnoreCase).isPresent();
        if (off) {
            return Tracing.NONE;
        }
        try {
            return server.apply(brokerId);
        } catch (LinkageError | IllegalStateException missing) {
            LOG.log(Level.WARNING, DISABLED + " is false, but this server has no OpenTelemetry to follow requests by: give it the"
                    + " feature mpTelemetry-2.1, or leave the setting out", missing);
            return Tracing.NONE;
        }
    }

    /** Whether a class of the application is of no use to this server, and may be one that cannot be loaded. */
    static boolean isOptional(String className) {
        return className.startsWith(PACKAGE);
    }
}
