package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.tracing.TraceSpan;
import io.millrace.tracing.Tracing;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FollowedRequestsTest {
    private static final IntFunction<Tracing> NOT_ASKED = brokerId -> {
        throw new AssertionError("the server was asked");
    };

    private static Tracing of(Map<String, String> settings, IntFunction<Tracing> server) {
        return FollowedRequests.of(name -> Optional.ofNullable(settings.get(name)), 3, server);
    }

    @Test
    void byDefaultNoneAreAndNothingIsMade() {
        assertThat(of(Map.of(), NOT_ASKED)).isSameAs(Tracing.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "", "no"})
    void noneAreUnlessTheSettingSaysSo(String disabled) {
        assertThat(of(Map.of("otel.sdk.disabled", disabled), NOT_ASKED)).isSameAs(Tracing.NONE);
    }

    @Test
    void noneAreWhereNothingIsExported() {
        assertThat(of(Map.of("otel.sdk.disabled", "false", "otel.traces.exporter", "none"), NOT_ASKED)).isSameAs(Tracing.NONE);
    }

    @Test
    void theyAreWhereTheSettingSaysSo() {
        Tracing server = new Tracing() {
            @Override
            public boolean isOn() {
                return true;
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

        assertThat(of(Map.of("otel.sdk.disabled", "False ", "otel.traces.exporter", "otlp"), brokerId -> {
            assertThat(brokerId).isEqualTo(3);
            return server;
        })).isSameAs(server);
    }

    @Test
    void aServerWithoutTheFeatureServesAllTheSame() {
        assertThat(of(Map.of("otel.sdk.disabled", "false"), brokerId -> {
            throw new NoClassDefFoundError("io/opentelemetry/api/OpenTelemetry");
        })).isSameAs(Tracing.NONE);
        assertThat(of(Map.of("otel.sdk.disabled", "false"), brokerId -> {
            throw new IllegalStateException("no bean");
        })).isSameAs(Tracing.NONE);
    }

    @Test
    void onlyWhatIsMadeOfOpenTelemetryIsOptional() {
        assertThat(FollowedRequests.isOptional("io.millrace.ops.telemetry.RequestHeaders")).isTrue();
        assertThat(FollowedRequests.isOptional("io.millrace.ops.FollowedRequests")).isFalse();
        assertThat(FollowedRequests.isOptional("io.millrace.tracing.Tracing")).isFalse();
    }
}
