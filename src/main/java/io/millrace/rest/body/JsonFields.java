package io.millrace.rest.body;

import io.millrace.metadata.TopicPartition;
import io.millrace.rest.dialect.RequestException;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The fields of a JSON object that must be of certain kinds; what is of another is answered with 400. */
final class JsonFields {
    private static final Set<String> PARTITION = Set.of("topic", "partition");

    private JsonFields() {
    }

    static void requireKnown(JsonObject object, Set<String> known) {
        for (String name : object.keySet()) {
            if (!known.contains(name)) {
                throw RequestException.invalidBody("unknown field \"" + Numbers.quoted(name) + "\"; known are "
                        + String.join(", ", new TreeSet<>(known)));
            }
        }
    }

    /** The field, or null when it is missing or null. */
    static JsonValue present(JsonObject object, String name) {
        JsonValue value = object.get(name);
        return value == JsonValue.NULL ? null : value;
    }

    /** @param allowed what it may be, for the message */
    static JsonValue required(JsonObject object, String name, String allowed) {
        JsonValue value = present(object, name);
        if (value == null) {
            throw RequestException.invalidBody("the field \"" + name + "\" is missing: " + allowed);
        }
        return value;
    }

    static String string(String name, JsonValue value) {
        if (value instanceof JsonString text) {
            return text.getString();
        }
        throw RequestException.invalidBody((name.startsWith("each") ? name : "\"" + name + "\"") + " must be a string");
    }

    /** The elements of a list that must be there. */
    static List<JsonValue> list(JsonObject object, String name) {
        if (required(object, name, "a list") instanceof JsonArray array) {
            return array;
        }
        throw RequestException.invalidBody("\"" + name + "\" must be a list");
    }

    static JsonObject object(String list, JsonValue value) {
        if (value instanceof JsonObject object) {
            return object;
        }
        throw RequestException.invalidBody("\"" + list + "\" must be a list of objects");
    }

    /**
     * Objects of a topic and a partition, and nothing else.
     *
     * @param list its name, for the message
     * @throws RequestException 422 for a partition that is there twice
     */
    static List<TopicPartition> partitions(String list, List<JsonValue> values) {
        Set<TopicPartition> partitions = new LinkedHashSet<>();
        for (JsonValue value : values) {
            JsonObject object = object(list, value);
            requireKnown(object, PARTITION);
            TopicPartition partition = partition(object);
            if (!partitions.add(partition)) {
                throw twice(partition);
            }
        }
        return List.copyOf(partitions);
    }

    static RequestException twice(TopicPartition partition) {
        return RequestException.unprocessable("partition " + partition + " is there twice: name it once");
    }

    /** Topic and partition of an object that may have more fields. */
    static TopicPartition partition(JsonObject object) {
        String topic = string("topic", required(object, "topic", "a topic's name"));
        JsonValue partition = required(object, "partition", "a partition's number");
        if (!JsonBodies.isInteger(partition)) {
            throw RequestException.invalidBody("\"partition\" must be a whole number of 32 bits");
        }
        int number = ((JsonNumber) partition).intValueExact();
        if (number < 0) {
            throw RequestException.unprocessable("\"partition\" must be 0 or more, it is " + number);
        }
        return new TopicPartition(topic, number);
    }
}
