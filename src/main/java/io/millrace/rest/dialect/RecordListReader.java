package io.millrace.rest.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import io.millrace.broker.RecordAccumulator;
import io.millrace.log.record.Header;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * Reads the body of a produce request, {@code {"records":[{"key":..,"value":..},..]}}, straight into a
 * {@link RecordSink}: no object is made per record, but for headers. Fields may come in any order; a record is given on
 * when its object ends. One reader reads one body, in one thread.
 *
 * <p>What is not JSON or not of the contract's shape is a {@link RequestException} 400 with validation errors; content
 * that its format cannot carry, and a list without records, is 422. Whatever fails, the records given on before are to
 * be thrown away: a request is written as a whole or not at all.
 */
public final class RecordListReader {
    /** The longest name or message of a client that is repeated to it. */
    private static final int QUOTED_CHARACTERS = 100;

    /** A record's fields as bits, to notice those that come twice. */
    private static final int KEY = 1;
    private static final int VALUE = 2;
    private static final int PARTITION = 4;
    private static final int TIMESTAMP = 8;
    private static final int HEADERS = 16;

    private final RecordParsers parsers;
    private final int maxRecordBytes;
    private final int fixedPartition;
    private final RecordContentReader content;
    private final HeaderListReader headerList = new HeaderListReader();
    private final GrowingBytes key = new GrowingBytes(128);
    private final GrowingBytes value = new GrowingBytes(1024);

    /** Of the record being read. */
    private int index;

    /**
     * @param maxRecordBytes the largest record that the topic takes, in bytes: the bound of what is kept at a time
     * @param fixedPartition the partition that the request's path names: records may name neither partition nor
     *                       timestamp then, as the contract has it; or {@link RecordAccumulator#ANY_PARTITION}
     */
    public RecordListReader(RecordParsers parsers, RecordFormat format, int maxRecordBytes, int fixedPartition) {
        this.parsers = parsers;
        this.maxRecordBytes = maxRecordBytes;
        this.fixedPartition = fixedPartition;
        this.content = new RecordContentReader(format);
    }

    /**
     * @return how many records were given on, 1 or more
     * @throws RequestException                   when the body is refused
     * @throws io.millrace.broker.BrokerException when the sink refuses a record
     * @throws IOException                        when the body cannot be read
     */
    public int read(InputStream body, RecordSink sink) throws IOException {
        try (JsonParser parser = parsers.parser(body, maxRecordBytes)) {
            readList(parser, sink);
        } catch (JsonProcessingException e) {
            throw malformed(e);
        }
        return index;
    }

    private void readList(JsonParser parser, RecordSink sink) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw RequestException.invalidBody("a JSON object with the field \"records\" is expected");
        }
        boolean seen = false;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            if (!name.equals("records")) {
                throw RequestException.invalidBody("unknown field \"" + quoted(name) + "\"; only \"records\" is known");
            }
            if (seen) {
                throw RequestException.invalidBody("the field \"records\" is there twice");
            }
            seen = true;
            readRecords(parser, sink);
        }
        if (parser.nextToken() != null) {
            throw RequestException.invalidBody("something follows the JSON object");
        }
        if (index == 0) {
            throw RequestException.unprocessable("there are no records to send: \"records\" is "
                    + (seen ? "empty" : "missing"));
        }
    }

    private void readRecords(JsonParser parser, RecordSink sink) throws IOException {
        if (parser.nextToken() != JsonToken.START_ARRAY) {
            throw RequestException.invalidBody("\"records\" must be an array");
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw invalid("must be an object");
            }
            readRecord(parser, sink);
            index++;
        }
    }

    private void readRecord(JsonParser parser, RecordSink sink) throws IOException {
        int partition = fixedPartition;
        long timestamp = RecordAccumulator.NO_TIMESTAMP;
        List<Header> headers = List.of();
        boolean hasKey = false;
        boolean hasValue = false;
        int seen = 0;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            int field = field(name);
            if ((seen & field) != 0) {
                throw invalid("the field \"" + name + "\" is there twice");
            }
            seen |= field;
            JsonToken token = parser.nextToken();
            switch (field) {
                case KEY -> hasKey = readContent(parser, key, "key");
                case VALUE -> hasValue = readContent(parser, value, "value");
                case PARTITION -> partition = readPartition(parser, token);
                case TIMESTAMP -> timestamp = readTimestamp(parser, token);
                case HEADERS -> headers = readHeaders(parser);
                default -> throw new IllegalStateException("field " + field);
            }
        }
        if ((seen & VALUE) == 0) {
            throw invalid("the field \"value\" is missing; null makes a tombstone");
        }
        sink.append(partition, timestamp, hasKey ? key.view() : null, hasValue ? value.view() : null, headers);
    }

    private int field(String name) {
        switch (name) {
            case "key":
                return KEY;
            case "value":
                return VALUE;
            case "headers":
                return HEADERS;
            case "partition":
            case "timestamp":
                if (fixedPartition == RecordAccumulator.ANY_PARTITION) {
                    return name.equals("partition") ? PARTITION : TIMESTAMP;
                }
                throw invalid("the field \"" + name + "\" is not known here; send to the topic to use it");
            default:
                throw invalid("unknown field \"" + quoted(name) + "\"");
        }
    }

    private boolean readContent(JsonParser parser, GrowingBytes into, String field) throws IOException {
        into.clear();
        try {
            return content.read(parser, into);
        } catch (RecordContentReader.UnusableContent e) {
            throw RequestException.unprocessable("records[" + index + "]." + field + ": " + e.getMessage());
        } catch (RecordContentReader.ContentTooLong e) {
            throw RequestException.tooLarge("records[" + index + "]." + field + " is longer than the largest record of "
                    + maxRecordBytes + " bytes that the topic takes (max.message.bytes)");
        }
    }

    private int readPartition(JsonParser parser, JsonToken token) throws IOException {
        long partition = wholeNumber(parser, token, "partition");
        if (partition < 0 || partition > Integer.MAX_VALUE) {
            throw invalid("\"partition\" must be between 0 and " + Integer.MAX_VALUE);
        }
        return (int) partition;
    }

    private long readTimestamp(JsonParser parser, JsonToken token) throws IOException {
        long timestamp = wholeNumber(parser, token, "timestamp");
        if (timestamp < 0) {
            throw invalid("\"timestamp\" must be 0 or more, in milliseconds since the epoch");
        }
        return timestamp;
    }

    private long wholeNumber(JsonParser parser, JsonToken token, String field) throws IOException {
        if (token != JsonToken.VALUE_NUMBER_INT) {
            throw invalid("\"" + field + "\" must be a whole number");
        }
        try {
            return parser.getLongValue();
        } catch (InputCoercionException e) {
            throw invalid("\"" + field + "\" does not fit into 64 bits");
        }
    }

    private List<Header> readHeaders(JsonParser parser) throws IOException {
        try {
            return headerList.read(parser);
        } catch (HeaderListReader.InvalidHeader e) {
            throw invalid(e.getMessage());
        } catch (RecordContentReader.UnusableContent e) {
            throw RequestException.unprocessable("records[" + index + "].headers: " + e.getMessage());
        }
    }

    private RequestException invalid(String what) {
        return RequestException.invalidBody("records[" + index + "]: " + what);
    }

    private RequestException malformed(JsonProcessingException e) {
        String message = e.getOriginalMessage();
        int internals = message.indexOf(" (start marker at");
        String what = quoted(internals < 0 ? message : message.substring(0, internals));
        return RequestException.invalidBody(e.getLocation() == null ? what : "at line " + e.getLocation().getLineNr()
                + ", column " + e.getLocation().getColumnNr() + ": " + what);
    }

    private static String quoted(String text) {
        return text.length() <= QUOTED_CHARACTERS ? text : text.substring(0, QUOTED_CHARACTERS) + "...";
    }
}
