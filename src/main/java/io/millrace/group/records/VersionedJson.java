package io.millrace.group.records;

import io.millrace.coordinator.fields.FieldReader;
import io.millrace.coordinator.fields.FieldWriter;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import java.nio.ByteBuffer;
import java.util.function.Function;

/** Values of our own: a version, then JSON in UTF-8. Properties that a later server adds are passed over. Thread-safe. */
final class VersionedJson {
    /** Grows when what was written before would be misread. */
    private static final int VERSION = 0;
    /** Characters of a value that cannot be read that a message has. */
    private static final int SHOWN = 200;

    private final Jsonb jsonb = JsonbBuilder.create();

    /** @param bean what is null in it is not written; its numbers are long ones, since JSON-B cuts off what does not fit */
    ByteBuffer write(Object bean) {
        return new FieldWriter().int16(VERSION).rest("JSON", jsonb.toJson(bean)).written();
    }

    /** @throws IllegalStateException when it is of another version, or {@code value} cannot be made of its bean */
    <B, V> V read(FieldReader in, Class<B> bean, Function<B, V> value) {
        int version = in.int16("version");
        if (version != VERSION) {
            throw in.unreadable("it has version " + version + ", and this server knows " + VERSION);
        }
        String json = in.rest("JSON");
        try {
            return value.apply(jsonb.fromJson(json, bean));
        } catch (RuntimeException unfit) {
            throw in.unreadable("%s, in JSON of %d characters that begins with %s".formatted(unfit.getMessage(),
                    json.length(), json.substring(0, Math.min(SHOWN, json.length()))), unfit);
        }
    }
}
