package io.millrace.agreement.registers;

/**
 * A versioned value that the cluster agrees on.
 *
 * @param key     for example {@code topic/orders}
 * @param version from 1; grows by one with every change, deletion and re-creation included
 * @param value   JSON
 */
public record Register(String key, long version, String value) {
}
