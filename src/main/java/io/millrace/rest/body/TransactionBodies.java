package io.millrace.rest.body;

import io.millrace.group.Groups;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.dialect.RequestException;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** What is asked about transactions in the bodies of requests. */
public final class TransactionBodies {
    private static final Set<String> BEGIN = Set.of("transactional_id", "timeout_ms");
    private static final Set<String> PRODUCER = Set.of("producer_id", "producer_epoch");
    private static final Set<String> PREPARE = Set.of("producer_id", "producer_epoch", "xid");
    private static final Set<String> OFFSETS = Set.of("producer_id", "producer_epoch", "group", "member", "member_epoch", "offsets");
    private static final Set<String> OPEN = Set.of("topic", "partition", "producer_id", "producer_epoch", "first_offset");
    private static final Set<String> OFFSET = Set.of("topic", "partition", "offset", "metadata");
    private static final int DEFAULT_TIMEOUT_MS = 60_000;

    private TransactionBodies() {
    }

    /** @param timeoutMs how long each transaction may take */
    public record NewTransaction(String transactionalId, int timeoutMs) {
    }

    /** @throws RequestException 400 for a wrong shape */
    public static NewTransaction begin(JsonObject body) {
        JsonFields.requireKnown(body, BEGIN);
        String id = JsonFields.string("transactional_id", JsonFields.required(body, "transactional_id", "a text of your choice"));
        return new NewTransaction(id, (int) number(body, "timeout_ms", Integer.MIN_VALUE, Integer.MAX_VALUE, DEFAULT_TIMEOUT_MS));
    }

    /** @throws RequestException 400 for a wrong shape, and without an epoch */
    public static ProducerIdAndEpoch producer(JsonObject body) {
        JsonFields.requireKnown(body, PRODUCER);
        return named(body);
    }

    /** @param xid the name by which whoever decides finds the transaction again, or null */
    public record Preparation(ProducerIdAndEpoch producer, String xid) {
    }

    /** @throws RequestException as above */
    public static Preparation preparation(JsonObject body) {
        JsonFields.requireKnown(body, PREPARE);
        JsonValue xid = JsonFields.present(body, "xid");
        return new Preparation(named(body), xid == null ? null : JsonFields.string("xid", xid));
    }

    /**
     * Offsets that are committed with a transaction.
     *
     * @param member      the consumer's name, or null: it is none
     * @param memberEpoch in which the consumer read them, or {@link Groups#ANY_EPOCH}
     */
    public record NewOffsets(ProducerIdAndEpoch producer, String group, String member, int memberEpoch,
                             SortedMap<TopicPartition, OffsetAndMetadata> offsets) {
    }

    /** @throws RequestException 400 for a wrong shape; 422 for a negative offset, and a partition that is there twice */
    public static NewOffsets offsets(JsonObject body) {
        JsonFields.requireKnown(body, OFFSETS);
        String group = JsonFields.string("group", JsonFields.required(body, "group", "the consumer group's name"));
        JsonValue member = JsonFields.present(body, "member");
        TreeMap<TopicPartition, OffsetAndMetadata> offsets = new TreeMap<>();
        for (JsonValue each : JsonFields.list(body, "offsets")) {
            JsonObject entry = JsonFields.object("offsets", each);
            JsonFields.requireKnown(entry, OFFSET);
            TopicPartition partition = JsonFields.partition(entry);
            if (offsets.put(partition, ConsumerBodies.offsetAndMetadata(entry)) != null) {
                throw JsonFields.twice(partition);
            }
        }
        return new NewOffsets(named(body), group, member == null ? null : JsonFields.string("member", member),
                (int) number(body, "member_epoch", 0, Integer.MAX_VALUE, Groups.ANY_EPOCH), offsets);
    }

    /** The same among other fields. */
    static ProducerIdAndEpoch named(JsonObject body) {
        JsonFields.required(body, "producer_epoch", "the epoch that the transaction was begun with");
        return new ProducerIdAndEpoch(number(body, "producer_id", 0, Long.MAX_VALUE, ProducerIdAndEpoch.NO_PRODUCER_ID),
                (short) number(body, "producer_epoch", 0, Short.MAX_VALUE, 0));
    }

    /** @return empty where no epoch is named; @throws RequestException 400 for a wrong shape */
    public static Optional<ProducerIdAndEpoch> producerIfNamed(JsonObject body) {
        JsonFields.requireKnown(body, PRODUCER);
        return JsonFields.present(body, "producer_epoch") == null ? Optional.empty() : Optional.of(named(body));
    }

    /**
     * A transaction that is open in a partition.
     *
     * @param firstOffset of its first record there; empty: whichever the producer has open
     */
    public record NamedOpen(TopicPartition partition, long producerId, short producerEpoch, OptionalLong firstOffset) {
    }

    /** @throws RequestException 400 for a wrong shape, and where one of the four is missing that are needed */
    public static NamedOpen open(JsonObject body) {
        JsonFields.requireKnown(body, OPEN);
        JsonFields.required(body, "producer_id", "that of the transaction's records");
        JsonFields.required(body, "producer_epoch", "that of the transaction's records");
        long first = number(body, "first_offset", 0, Long.MAX_VALUE, -1);
        return new NamedOpen(JsonFields.partition(body), number(body, "producer_id", 0, Long.MAX_VALUE, 0),
                (short) number(body, "producer_epoch", 0, Short.MAX_VALUE - 1, 0), first < 0 ? OptionalLong.empty() : OptionalLong.of(first));
    }

    private static long number(JsonObject body, String name, long min, long max, long otherwise) {
        JsonValue value = JsonFields.present(body, name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof JsonNumber number && number.isIntegral()) {
            try {
                long found = number.longValueExact();
                if (found >= min && found <= max) {
                    return found;
                }
            } catch (ArithmeticException e) {
                // beyond 64 bits
            }
        }
        throw RequestException.invalidBody("\"" + name + "\" must be a whole number from " + min + " to " + max + "; it is "
                + Numbers.quoted(value.toString()));
    }
}
