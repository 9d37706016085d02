package io.millrace.metadata.access;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonBuilderFactory;
import jakarta.json.JsonException;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Lists of lists as JSON. */
final class RowsJson {
    private static final JsonBuilderFactory BUILDERS = Json.createBuilderFactory(Map.of());
    private static final JsonReaderFactory READERS = Json.createReaderFactory(Map.of());

    private RowsJson() {
    }

    static JsonArrayBuilder array() {
        return BUILDERS.createArrayBuilder();
    }

    static String text(JsonArrayBuilder all) {
        return all.build().toString();
    }

    static <T> List<T> rows(String json, String what, Function<JsonValue, T> row) {
        try (JsonReader reader = READERS.createReader(new StringReader(json))) {
            return reader.readArray().stream().map(row).toList();
        } catch (JsonException | ClassCastException | IndexOutOfBoundsException | IllegalArgumentException | ArithmeticException e) {
            throw new IllegalStateException("a register does not hold " + what + " as this version of Millrace writes them: "
                    + e.getMessage(), e);
        }
    }
}
