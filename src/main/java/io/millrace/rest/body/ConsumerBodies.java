package io.millrace.rest.body;

import io.millrace.group.membership.CommittedAs;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.dialect.RequestException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What consumers ask for in the bodies of their requests. */
public final class ConsumerBodies {
    private static final Set<String> CONSUMER = Set.of("name", "format", "auto.offset.reset", "fetch.min.bytes",
            "consumer.request.timeout.ms", "enable.auto.commit", "isolation.level", "max.poll.records", "session.timeout.ms",
            "group.instance.id", "group.remote.assignor", "auto.commit.enable", "commit.offsets");
    private static final Set<String> SUBSCRIPTION = Set.of("topics", "topic_pattern");
    private static final Set<String> PARTITIONS = Set.of("partitions");
    private static final Set<String> OFFSETS = Set.of("offsets");
    private static final Set<String> OFFSET = Set.of("topic", "partition", "offset", "metadata");

    private ConsumerBodies() {
    }

    /** @param name null: one is to be made up */
    public record NewConsumer(String name, ConsumerConfig config) {
    }

    /**
     * @param reset                                 of one that does not say where to begin
     * @throws RequestException                    400 for unknown fields and wrong types; 422 for values that are not allowed
     * @throws io.millrace.metadata.BrokerException INVALID_CONSUMER for numbers out of their bounds
     */
    public static NewConsumer consumer(JsonObject body, OffsetReset reset) {
        JsonFields.requireKnown(body, CONSUMER);
        ConsumerConfig defaults = ConsumerConfig.DEFAULT;
        ConsumerConfig config = new ConsumerConfig(choice(body, "format", RecordForm.values(), defaults.form()),
                choice(body, "auto.offset.reset", OffsetReset.values(), reset),
                autoCommit(body, defaults.autoCommit()),
                choice(body, "isolation.level", IsolationLevel.values(), defaults.isolation()),
                (int) number(body, "fetch.min.bytes", defaults.minBytes()),
                number(body, "consumer.request.timeout.ms", defaults.requestTimeoutMs()),
                (int) number(body, "max.poll.records", defaults.maxPollRecords()),
                number(body, "session.timeout.ms", defaults.sessionTimeoutMs()), text(body, "group.instance.id"),
                text(body, "group.remote.assignor"), choice(body, "commit.offsets", CommittedAs.values(), defaults.commits()), null);
        return new NewConsumer(text(body, "name"), config);
    }

    /** The dialects of the field have two names for it. */
    private static boolean autoCommit(JsonObject body, boolean otherwise) {
        boolean said = flag(body, "auto.commit.enable", flag(body, "enable.auto.commit", otherwise));
        if (flag(body, "enable.auto.commit", said) != said) {
            throw RequestException.unprocessable("enable.auto.commit and auto.commit.enable are two names of one thing, and say"
                    + " different ones: leave one of them out");
        }
        return said;
    }

    private static String text(JsonObject body, String name) {
        JsonValue value = JsonFields.present(body, name);
        return value == null ? null : JsonFields.string(name, value);
    }

    private static <E extends Enum<E>> E choice(JsonObject body, String name, E[] choices, E otherwise) {
        JsonValue value = JsonFields.present(body, name);
        if (value == null) {
            return otherwise;
        }
        String text = JsonFields.string(name, value);
        for (E choice : choices) {
            if (word(choice).equals(text)) {
                return choice;
            }
        }
        throw notAllowed(name, value, "one of " + Arrays.stream(choices).map(ConsumerBodies::word).collect(Collectors.joining(", ")));
    }

    private static String word(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }

    /** Clients of other bridges send flags and numbers as strings, too. */
    private static boolean flag(JsonObject body, String name, boolean otherwise) {
        JsonValue value = JsonFields.present(body, name);
        if (value == null) {
            return otherwise;
        }
        String word = value instanceof JsonString text ? text.getString() : value.toString();
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrongType(name, value, "true or false");
        };
    }

    private static long number(JsonObject body, String name, long otherwise) {
        JsonValue value = JsonFields.present(body, name);
        if (value == null) {
            return otherwise;
        }
        BigDecimal number = decimal(value);
        if (number == null || number.stripTrailingZeros().scale() > 0) {
            throw wrongType(name, value, "a whole number");
        }
        try {
            return number.intValueExact();
        } catch (ArithmeticException e) {
            throw notAllowed(name, value, "a number of 32 bits");
        }
    }

    /** The number that this is, or says; null: none. */
    private static BigDecimal decimal(JsonValue value) {
        if (value instanceof JsonNumber number) {
            return number.bigDecimalValue();
        }
        boolean digits = value instanceof JsonString text && text.getString().matches("[-+]?[0-9]{1,20}");
        return digits ? new BigDecimal(((JsonString) value).getString()) : null;
    }

    private static RequestException wrongType(String name, JsonValue value, String expected) {
        return RequestException.invalidBody("\"" + name + "\" must be " + expected + "; it is " + Numbers.quoted(value.toString()));
    }

    private static RequestException notAllowed(String name, JsonValue value, String allowed) {
        return RequestException.unprocessable(name + " must be " + allowed + "; it is " + Numbers.quoted(value.toString()));
    }

    /**
     * What a consumer wants to read; an empty list of topics ends its subscription.
     *
     * @throws RequestException 400 for a wrong shape; 409 for topics and a pattern; 422 for neither
     */
    public static Subscription subscription(JsonObject body) {
        JsonFields.requireKnown(body, SUBSCRIPTION);
        boolean topics = JsonFields.present(body, "topics") != null;
        String pattern = text(body, "topic_pattern");
        if (topics && pattern != null) {
            throw RequestException.conflict("subscriptions to topics, partitions, and patterns are mutually exclusive: send"
                    + " \"topics\" or \"topic_pattern\"");
        } else if (pattern != null && !pattern.isEmpty()) {
            return new Subscription.Matching(Subscription.TopicPattern.of(pattern));
        }
        if (!topics) {
            throw RequestException.unprocessable("a list of topics (\"topics\") or a topic_pattern must be specified");
        }
        List<JsonValue> names = JsonFields.list(body, "topics");
        return names.isEmpty() ? new Subscription.None() : new Subscription.Topics(names.stream()
                .map(each -> JsonFields.string("each of \"topics\"", each)).collect(Collectors.toCollection(TreeSet::new)));
    }

    /** @throws RequestException 400 for a wrong shape; 422 for a partition that is there twice */
    public static List<TopicPartition> partitions(JsonObject body) {
        JsonFields.requireKnown(body, PARTITIONS);
        return JsonFields.partitions("partitions", JsonFields.list(body, "partitions"));
    }

    /**
     * Offsets to be committed.
     *
     * @throws RequestException 400 for a wrong shape; 422 for a negative offset, and a partition that is there twice
     */
    public static SortedMap<TopicPartition, OffsetAndMetadata> offsets(JsonObject body) {
        JsonFields.requireKnown(body, OFFSETS);
        TreeMap<TopicPartition, OffsetAndMetadata> offsets = new TreeMap<>();
        for (JsonValue each : JsonFields.list(body, "offsets")) {
            JsonObject entry = JsonFields.object("offsets", each);
            JsonFields.requireKnown(entry, OFFSET);
            TopicPartition partition = JsonFields.partition(entry);
            if (offsets.put(partition, offsetAndMetadata(entry)) != null) {
                throw JsonFields.twice(partition);
            }
        }
        return offsets;
    }

    /** Of an entry of a list of them. @throws RequestException as above */
    static OffsetAndMetadata offsetAndMetadata(JsonObject entry) {
        String metadata = text(entry, "metadata");
        return new OffsetAndMetadata(offset(JsonFields.required(entry, "offset", "an offset")), metadata == null ? "" : metadata);
    }

    /** Offsets to go on from; metadata, which a client may send with each offset, means nothing there. @throws RequestException as above */
    public static SortedMap<TopicPartition, Long> positions(JsonObject body) {
        TreeMap<TopicPartition, Long> positions = new TreeMap<>();
        offsets(body).forEach((partition, offset) -> positions.put(partition, offset.offset()));
        return positions;
    }

    /** @throws RequestException 400 when it is no whole number, 422 when it is negative */
    private static long offset(JsonValue value) {
        if (!(value instanceof JsonNumber number) || !number.isIntegral()) {
            throw RequestException.invalidBody("\"offset\" must be a whole number of 64 bits");
        }
        long offset;
        try {
            offset = number.longValueExact();
        } catch (ArithmeticException e) {
            throw RequestException.invalidBody("\"offset\" must be a whole number of 64 bits");
        }
        if (offset < 0) {
            throw RequestException.unprocessable("\"offset\" must be 0 or more, it is " + offset);
        }
        return offset;
    }

    /** A consumer's subscription and partitions, as the dialect tells them. */
    public static Map<String, Object> described(Subscription subscription, Set<TopicPartition> owned) {
        TreeMap<String, List<Integer>> byTopic = new TreeMap<>();
        owned.forEach(each -> byTopic.computeIfAbsent(each.topic(), topic -> new ArrayList<>()).add(each.partition()));
        Map<String, Object> description = new TreeMap<>();
        description.put("topics", subscription instanceof Subscription.Topics topics ? List.copyOf(topics.names())
                : List.copyOf(byTopic.keySet()));
        description.put("partitions", byTopic.entrySet().stream().map(Map::ofEntries).toList());
        return description;
    }
}
