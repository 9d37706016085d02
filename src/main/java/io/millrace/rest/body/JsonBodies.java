package io.millrace.rest.body;

import io.millrace.rest.dialect.JsonCursor;
import io.millrace.rest.dialect.JsonEncoding;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonConfig;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbConfig;
import jakarta.json.bind.config.PropertyNamingStrategy;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Binds small bodies to Java records and back by JSON-B. JSON-B passes over names that it does not know and converts
 * between types, both of which the contract forbids: names and types are checked first. Thread-safe.
 */
public final class JsonBodies {
    /** No administrative request needs more. */
    public static final int MAX_BYTES = 256 * 1024;

    /** Of bodies that are no records. */
    private static final Set<String> TYPES = Set.of(MediaTypes.DIALECT, MediaTypes.JSON, MediaTypes.JSON_RECORDS);
    private static final JsonReaderFactory READERS =
            Json.createReaderFactory(Map.of(JsonConfig.KEY_STRATEGY, JsonConfig.KeyStrategy.NONE));

    private final Jsonb jsonb = JsonbBuilder.create(new JsonbConfig()
            .withPropertyNamingStrategy(PropertyNamingStrategy.LOWER_CASE_WITH_UNDERSCORES)
            .withNullValues(true));

    /**
     * Reads a body; the record's components, in lower case with underscores, are the names it may have. A component may
     * be a String, Integer, List of integers or Map of strings.
     *
     * @throws RequestException 400 when it is not JSON, has unknown names or wrong types; 413 when it is too large
     */
    public <T extends Record> T read(InputStream body, Class<T> type) {
        JsonObject object = object(body);
        Map<String, Class<?>> known = new TreeMap<>();
        for (RecordComponent component : type.getRecordComponents()) {
            known.put(underscored(component.getName()), component.getType());
        }
        for (Map.Entry<String, JsonValue> field : object.entrySet()) {
            Class<?> expected = known.get(field.getKey());
            if (expected == null) {
                throw RequestException.invalidBody("unknown field \"" + Numbers.quoted(field.getKey())
                        + "\"; known are " + String.join(", ", known.keySet()));
            }
            requireType(field.getKey(), field.getValue(), expected);
        }
        return jsonb.fromJson(object.toString(), type);
    }

    /**
     * Reads a body that is more than flat; whoever asks checks its names and types.
     *
     * @throws RequestException 400 when it is not a JSON object, or has a name twice; 413 when it is too large
     */
    public JsonObject object(InputStream body) {
        return parse(bytes(body));
    }

    /** As above, of a body that was {@link #bytes read}. */
    public JsonObject object(byte[] body) {
        return parse(body);
    }

    /**
     * As {@link #object}, for a body that may be left out, and whose type is not asked for then.
     *
     * @return empty when the body is
     * @throws RequestException 415 as well, when it is said to be something else than JSON, or nothing
     */
    public Optional<JsonObject> objectIfAny(InputStream body, HttpHeaders headers) {
        byte[] bytes = bytes(body);
        if (bytes.length == 0) {
            return Optional.empty();
        }
        MediaType type = headers.getMediaType();
        if (type == null || !TYPES.contains(type.getType() + "/" + type.getSubtype())) {
            throw RequestException.unsupportedMediaType("the request's Content-Type is not taken here; use "
                    + MediaTypes.DIALECT);
        }
        return Optional.of(parse(bytes));
    }

    /** The value as JSON in UTF-8. */
    public byte[] write(Object value) {
        return jsonb.toJson(value).getBytes(StandardCharsets.UTF_8);
    }

    /** The bytes of a body. @throws RequestException 413 when it is too large */
    public static byte[] bytes(InputStream body) {
        try {
            byte[] bytes = body.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw RequestException.tooLarge("the request is larger than " + MAX_BYTES + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw RequestException.brokenOff("the request body broke off", e);
        }
    }

    private static JsonObject parse(byte[] bytes) {
        JsonEncoding.require(bytes);
        // JSON-P itself would take what follows the first value, and fails on deep nesting in a way of its own
        try {
            JsonCursor cursor = new JsonCursor().on(bytes, 0, bytes.length);
            cursor.value();
            cursor.end();
        } catch (JsonCursor.MalformedJson e) {
            throw RequestException.invalidBody(e.getMessage());
        }
        try (JsonReader reader = READERS.createReader(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8)) {
            if (reader.readValue() instanceof JsonObject object) {
                return object;
            }
        } catch (JsonException e) {
            throw RequestException.invalidBody(String.valueOf(e.getMessage()));
        } catch (UnsupportedOperationException numberOfTooManyDigits) { // the parser's own limit, 1,100
            throw RequestException.invalidBody("a number has too many digits: " + numberOfTooManyDigits.getMessage());
        }
        throw RequestException.invalidBody("a JSON object is expected");
    }

    private static void requireType(String name, JsonValue value, Class<?> expected) {
        if (value == JsonValue.NULL) {
            return;
        }
        if (expected == String.class && !(value instanceof JsonString)) {
            throw RequestException.invalidBody("\"" + name + "\" must be a string");
        }
        if (expected == Integer.class && !isInteger(value)) {
            throw RequestException.invalidBody("\"" + name + "\" must be a whole number of 32 bits");
        }
        if (expected == List.class && !isListOfIntegers(value)) {
            throw RequestException.invalidBody("\"" + name + "\" must be a list of whole numbers of 32 bits");
        }
        if (expected == Map.class && !isMapOfStrings(value)) {
            throw RequestException.invalidBody("\"" + name + "\" must be an object whose values are strings");
        }
    }

    /** Whether it is a whole number of 32 bits. */
    static boolean isInteger(JsonValue value) {
        if (!(value instanceof JsonNumber number) || !number.isIntegral()) {
            return false;
        }
        try {
            number.intValueExact();
            return true;
        } catch (ArithmeticException e) {
            // beyond 32 bits
            return false;
        }
    }

    private static boolean isListOfIntegers(JsonValue value) {
        return value instanceof JsonArray array && array.stream().allMatch(JsonBodies::isInteger);
    }

    private static boolean isMapOfStrings(JsonValue value) {
        return value instanceof JsonObject object && object.values().stream()
                .allMatch(each -> each == JsonValue.NULL || each instanceof JsonString);
    }

    private static String underscored(String component) {
        return component.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }
}
