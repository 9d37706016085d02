/**
 * Requests followed by OpenTelemetry, as MicroProfile Telemetry configures it; {@link io.millrace.ops.telemetry.OpenTelemetryTracing} is
 * the way in, {@link io.millrace.ops.telemetry.Attribute} what spans say.
 *
 * <p>Laws: a server without the feature mpTelemetry has none of OpenTelemetry's classes. So this package alone imports them, it is not
 * searched for beans (beans.xml), nothing of it is loaded unless it is asked for, and whoever asks takes it that it cannot be.
 */
package io.millrace.ops.telemetry;
