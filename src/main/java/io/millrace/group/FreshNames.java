package io.millrace.group;

import java.util.HexFormat;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Names that nobody has yet.
 *
 * @param consumers    of consumers that are created without one
 * @param incarnations tokens, by which a consumer is told from others of its name: 16 hexadecimal digits each
 */
public record FreshNames(Supplier<String> consumers, Supplier<String> incarnations) {
    public static FreshNames random() {
        return new FreshNames(() -> "consumer-" + UUID.randomUUID(),
                () -> HexFormat.of().toHexDigits(UUID.randomUUID().getMostSignificantBits()));
    }
}
