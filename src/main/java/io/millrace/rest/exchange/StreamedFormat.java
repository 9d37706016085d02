package io.millrace.rest.exchange;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.AcceptHeader;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.StreamForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a request for a stream says: in which form, with which format of its records, and from where on. */
public final class StreamedFormat {
    /** The id of the last event that the client got. */
    public static final String LAST_EVENT_ID = "Last-Event-ID";
    /** The query parameter that names the format of keys and values. */
    public static final String PARAMETER = "format";

    private StreamedFormat() {
    }

    /** The form of the stream that is named and wanted most of all; empty: something else is. */
    public static Optional<StreamForm> negotiate(AcceptHeader accepted) {
        List<String> offered = new ArrayList<>(FetchFormat.TYPES);
        offered.addAll(StreamForm.TYPES);
        return accepted.choose(offered).filter(AcceptHeader.Choice::named).map(choice -> StreamForm.of(choice.mediaType()));
    }

    /**
     * The format of keys and values; JSON when nothing is said.
     *
     * @throws RequestException 400 for one that there is not
     */
    public static FetchFormat asked(QueryParameters query) {
        String text = query.text(PARAMETER);
        RecordFormat format = text == null ? RecordFormat.JSON : named(text);
        return new FetchFormat(format.mediaType(), format);
    }

    /**
     * The format that a word names.
     *
     * @throws RequestException as above
     */
    public static RecordFormat named(String text) {
        for (RecordFormat format : RecordFormat.values()) {
            if (format.name().toLowerCase(Locale.ROOT).equals(text)) {
                return format;
            }
        }
        throw RequestException.badRequest("the query parameter " + PARAMETER + " must be json, binary or text, not \""
                + Numbers.quoted(text) + "\"");
    }

    /**
     * Where a stream of a consumer's records goes on, by the ids of the last events, with commas between: of each partition the next
     * offset.
     *
     * @param lastIds the header's values, or null: it goes on where the consumer is
     * @throws RequestException 400 when one is no id
     */
    public static SortedMap<TopicPartition, Long> behind(List<String> lastIds) {
        TreeMap<TopicPartition, Long> behind = new TreeMap<>();
        if (lastIds == null || lastIds.isEmpty()) {
            return behind;
        }
        for (String id : lastIds.get(0).split(",", -1)) {
            String[] parts = id.strip().split("/", -1);
            long partition = parts.length == 3 ? Numbers.parse(parts[1]) : -1;
            long offset = parts.length == 3 ? Numbers.parse(parts[2]) : -1;
            if (partition < 0 || partition > Integer.MAX_VALUE || offset < 0 || offset == Long.MAX_VALUE || parts[0].isEmpty()) {
                throw RequestException.badRequest("the header " + LAST_EVENT_ID + " must be the id of an event, as orders/2/7 for offset 7"
                        + " of partition 2 of topic orders, or ids of several partitions with commas between, not \""
                        + Numbers.quoted(lastIds.get(0)) + "\"");
            }
            behind.merge(new TopicPartition(parts[0], (int) partition), offset + 1, Math::max);
        }
        return behind;
    }

    /**
     * A stream that goes on behind the last event.
     *
     * @param lastIds the header's values, or null: it begins where the request says
     * @throws RequestException 400 when that is no offset
     */
    public static FetchRequest resumed(FetchRequest request, List<String> lastIds) {
        if (lastIds == null || lastIds.isEmpty()) {
            return request;
        }
        Long last = Numbers.inHeader(LAST_EVENT_ID, lastIds.get(0).strip());
        return new FetchRequest(request.topic(), request.partition(), new FetchPosition.AtOffset(last + 1), request.isolation(),
                request.whole(), -1, request.minBytes(), request.maxBytes(), request.maxWaitMs());
    }
}
