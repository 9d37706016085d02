package io.millrace.rest.body;

import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.rest.dialect.RequestException;
import jakarta.json.JsonObject;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A request's query parameters, checked as they are asked for; unknown ones are passed over. */
public final class QueryParameters {
    private static final String OFFSET_GRAMMAR =
            "an offset (0 or more), earliest, latest or timestamp:<milliseconds since the epoch>";

    private final Map<String, List<String>> parameters;

    /** @param parameters decoded, as JAX-RS gives them */
    public QueryParameters(Map<String, List<String>> parameters) {
        this.parameters = parameters;
    }

    /**
     * The value, or null when there is none.
     *
     * @throws RequestException 400 when it is there twice
     */
    public String text(String name) {
        List<String> values = parameters.get(name);
        if (values == null || values.isEmpty()) {
            return null;
        }
        if (values.size() > 1) {
            throw RequestException.badRequest("the query parameter " + name + " is there " + values.size() + " times");
        }
        return values.get(0);
    }

    /**
     * As {@link #text}, of what is never empty: who says nothing did not mean that.
     *
     * @throws RequestException 400 when it is empty, or there twice
     */
    public String name(String name) {
        String text = text(name);
        if (text != null && text.isEmpty()) {
            throw RequestException.badRequest("the query parameter " + name + " is empty: say which one is meant, or leave it out");
        }
        return text;
    }

    /**
     * A whole number.
     *
     * @param otherwise the value when there is none
     * @throws RequestException 400 when it is not a number from {@code min} to the largest of 64 bits
     */
    public long number(String name, long min, long otherwise) {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        long number = Numbers.parse(text);
        if (number < min) {
            throw RequestException.badRequest("the query parameter " + name + " must be a number from " + min + " to "
                    + Long.MAX_VALUE + ", not \"" + Numbers.quoted(text) + "\"");
        }
        return number;
    }

    /**
     * Whether it is {@code true}; when nothing is said, it is not.
     *
     * @throws RequestException 400 when it is neither {@code true} nor {@code false}
     */
    public boolean flag(String name) {
        String text = text(name);
        if (text == null || text.equals("false")) {
            return false;
        }
        if (text.equals("true")) {
            return true;
        }
        throw RequestException.badRequest("the query parameter " + name + " must be true or false, not \""
                + Numbers.quoted(text) + "\"");
    }

    /**
     * Partitions, {@code partition=orders:0} each, or in the body.
     *
     * @param body that may have them instead
     * @return empty when neither says which
     * @throws RequestException 400 when one is none, or both are there; 422 for one that is there twice
     */
    public Optional<List<TopicPartition>> partitions(Optional<JsonObject> body) {
        List<String> named = parameters.getOrDefault("partition", List.of());
        if (named.isEmpty()) {
            return body.map(ConsumerBodies::partitions);
        } else if (body.isPresent()) {
            throw RequestException.badRequest("the partitions are asked for in the query and in the body: leave one of them out");
        }
        Set<TopicPartition> partitions = new LinkedHashSet<>();
        for (String text : named) {
            TopicPartition partition = partition(text);
            if (!partitions.add(partition)) {
                throw JsonFields.twice(partition);
            }
        }
        return Optional.of(List.copyOf(partitions));
    }

    private static TopicPartition partition(String text) {
        int colon = text.lastIndexOf(':');
        long number = Numbers.parse(text.substring(colon + 1));
        if (colon < 1 || number < 0 || number > Integer.MAX_VALUE) {
            throw RequestException.badRequest("the query parameter partition must be a topic and a number, as in orders:0, not \""
                    + Numbers.quoted(text) + "\"");
        }
        return new TopicPartition(text.substring(0, colon), (int) number);
    }

    /** Where to fetch from; earliest when nothing is said. */
    public FetchPosition position(String name) {
        String text = text(name);
        if (text == null || text.equals("earliest")) {
            return new FetchPosition.Earliest();
        }
        if (text.equals("latest")) {
            return new FetchPosition.Latest();
        }
        boolean byTime = text.startsWith("timestamp:");
        long number = Numbers.parse(byTime ? text.substring("timestamp:".length()) : text);
        if (number < 0) {
            throw RequestException.badRequest("the query parameter " + name + " must be " + OFFSET_GRAMMAR + ", not \""
                    + Numbers.quoted(text) + "\"");
        }
        return byTime ? new FetchPosition.AtTimestamp(number) : new FetchPosition.AtOffset(number);
    }

    /**
     * What a reader is given of transactions; uncommitted when nothing is said.
     *
     * @throws RequestException 400 when it is no isolation level
     */
    public IsolationLevel isolation() {
        String text = text("isolation");
        if (text == null) {
            return IsolationLevel.READ_UNCOMMITTED;
        }
        return switch (text) {
            case "read_uncommitted" -> IsolationLevel.READ_UNCOMMITTED;
            case "read_committed" -> IsolationLevel.READ_COMMITTED;
            default -> throw RequestException.badRequest("the query parameter isolation must be read_uncommitted or"
                    + " read_committed, not \"" + Numbers.quoted(text) + "\"");
        };
    }

    /**
     * Whether a raw fetch leaves out batches of aborted transactions and control batches.
     *
     * @throws RequestException 400 when it says something else, or is there for who reads uncommitted
     */
    public boolean leavesOutAborted() {
        String text = text("filter");
        if (text == null) {
            return false;
        }
        if (!text.equals("aborted")) {
            throw RequestException.badRequest("the query parameter filter must be aborted, not \"" + Numbers.quoted(text) + "\"");
        }
        if (isolation() != IsolationLevel.READ_COMMITTED) {
            throw RequestException.badRequest("the query parameter filter=aborted needs isolation=read_committed: who reads"
                    + " uncommitted is given aborted records");
        }
        return true;
    }

    /**
     * When a produce is answered: {@code async=true} is the dialect's way to say {@code acks=0}; all by default.
     *
     * @throws RequestException 400 when it is something else, or both are there and do not say the same
     */
    public Acks acks() {
        String acks = text("acks");
        boolean async = flag("async");
        if (acks == null) {
            return async ? Acks.NONE : Acks.ALL;
        }
        Acks asked = switch (acks) {
            case "0" -> Acks.NONE;
            case "1" -> Acks.LEADER;
            case "all", "-1" -> Acks.ALL;
            default -> throw RequestException.badRequest("the query parameter acks must be 0, 1 or all, not \""
                    + Numbers.quoted(acks) + "\"");
        };
        if (async && asked != Acks.NONE) {
            throw RequestException.badRequest("the query parameters async=true, which waits for nothing, and acks=" + acks
                    + " exclude each other: leave one of them out");
        }
        return asked;
    }
}
