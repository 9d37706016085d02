package io.millrace.rest.body;

import io.millrace.group.offsets.OffsetTarget;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.dialect.RequestException;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Set;

/**
 * What a reset of a group's committed offsets asks for.
 *
 * @param topics     whose partitions are reset, all of them
 * @param partitions further ones; neither: all in which the group has committed
 * @param dryRun     whether only to say what would be done
 */
public record OffsetsResetBody(OffsetTarget target, List<String> topics, List<TopicPartition> partitions, boolean dryRun) {
    private static final Set<String> FIELDS = Set.of("to", "value", "topics", "partitions", "dry_run");
    private static final String TARGETS = "earliest, latest, timestamp, offset or shift";

    /** @throws RequestException 400: missing and unknown fields, wrong types; 422: values that are not allowed */
    public static OffsetsResetBody of(JsonObject body) {
        JsonFields.requireKnown(body, FIELDS);
        return new OffsetsResetBody(target(body), topics(body), partitions(body), dryRun(body));
    }

    private static OffsetTarget target(JsonObject body) {
        String to = JsonFields.string("to", JsonFields.required(body, "to", TARGETS));
        return switch (to) {
            case "earliest" -> withoutValue(body, to, new OffsetTarget.Earliest());
            case "latest" -> withoutValue(body, to, new OffsetTarget.Latest());
            case "timestamp" -> new OffsetTarget.AtTimestamp(notNegative(value(body, to, "ms since the epoch")));
            case "offset" -> new OffsetTarget.AtOffset(notNegative(value(body, to, "an offset")));
            case "shift" -> new OffsetTarget.By(value(body, to, "records, negative to go back"));
            default -> throw RequestException.unprocessable("\"to\" must be " + TARGETS + ", not \""
                    + Numbers.quoted(to) + "\"");
        };
    }

    private static OffsetTarget withoutValue(JsonObject body, String to, OffsetTarget target) {
        if (JsonFields.present(body, "value") != null) {
            throw RequestException.invalidBody("\"value\" must be left out with \"to\":\"" + to + "\"");
        }
        return target;
    }

    private static long value(JsonObject body, String to, String meaning) {
        JsonValue value = JsonFields.required(body, "value", "with \"to\":\"" + to + "\" a whole number: " + meaning);
        if (value instanceof JsonNumber number && number.isIntegral()) {
            try {
                return number.longValueExact();
            } catch (ArithmeticException e) {
                // beyond 64 bits
            }
        }
        throw RequestException.invalidBody("\"value\" must be a whole number of 64 bits");
    }

    private static long notNegative(long value) {
        if (value < 0) {
            throw RequestException.unprocessable("\"value\" must be 0 or more, it is " + value);
        }
        return value;
    }

    private static List<String> topics(JsonObject body) {
        return list(body, "topics").stream().map(each -> JsonFields.string("each of \"topics\"", each)).toList();
    }

    private static List<TopicPartition> partitions(JsonObject body) {
        return JsonFields.partitions("partitions", list(body, "partitions"));
    }

    private static boolean dryRun(JsonObject body) {
        JsonValue value = JsonFields.present(body, "dry_run");
        if (value == null || value == JsonValue.FALSE) {
            return false;
        } else if (value == JsonValue.TRUE) {
            return true;
        }
        throw RequestException.invalidBody("\"dry_run\" must be true or false");
    }

    /** An empty list may be the mistake of a script, which shall not reset everything. */
    private static List<JsonValue> list(JsonObject body, String name) {
        JsonValue value = JsonFields.present(body, name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof JsonArray array)) {
            throw RequestException.invalidBody("\"" + name + "\" must be a list");
        }
        if (array.isEmpty()) {
            throw RequestException.unprocessable("\"" + name + "\" must not be empty: leave it out, and \"topics\" and"
                    + " \"partitions\" both for all partitions in which the group has committed");
        }
        return array;
    }
}
