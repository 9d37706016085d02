package io.millrace.rest.dialect;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.record.Header;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Reads the body of a produce request, {@code {"records":[{"key":..,"value":..},..]}}, straight into a
 * {@link RecordSink}: no object is made per record, but for headers. Beside the records it may name their producer,
 * {@code "producer_id":..,"producer_epoch":..,"base_sequence":..}. Fields may come in any order; a record is given on
 * when its object ends. One reader reads one body, in one thread.
 *
 * <p>What is not JSON or not of the contract's shape is a {@link RequestException} 400 with validation errors; content
 * that its format cannot carry, a list without records, and a producer that cannot be, is 422. Whatever fails, the
 * records given on before are to be thrown away: a request is written as a whole or not at all.
 */
public final class RecordListReader {
    /** The longest name of a client's that is repeated to it. */
    private static final int QUOTED_CHARACTERS = 60;

    private final int fixedPartition;
    private final RecordContent keys;
    private final RecordContent values;
    private final HeaderListReader headerList = new HeaderListReader();
    private final ProducerFields producerFields;
    private final JsonCursor cursor = new JsonCursor();
    private final ReusedBytes unescapedName = new ReusedBytes(0);

    /** What is read is not a list but a line of this number; 0: it is a list. */
    private long line;
    /** Of the record being read. */
    private int index;
    private int partition;
    private long timestamp;
    private ByteBuffer key;
    private ByteBuffer value;
    private List<Header> headers;

    /**
     * @param fixedPartition the partition that the request's path names: records name none then, as the contract has it; or
     *                       {@link RecordAccumulator#ANY_PARTITION}
     * @param partitionCount of the topic
     */
    public RecordListReader(RecordFormat format, int fixedPartition, int partitionCount) {
        this.fixedPartition = fixedPartition;
        this.keys = new RecordContent(format);
        this.values = new RecordContent(format);
        this.producerFields = new ProducerFields(fixedPartition, partitionCount);
    }

    /**
     * @return how many records were given on, 1 or more
     * @throws RequestException                   when the body is refused
     * @throws io.millrace.metadata.BrokerException when the sink refuses a record
     */
    public int read(byte[] body, RecordSink sink) {
        JsonEncoding.require(body);
        try {
            cursor.on(body, 0, body.length);
            readList(sink);
        } catch (JsonCursor.MalformedJson e) {
            throw RequestException.invalidBody(e.getMessage());
        }
        producerFields.requireAllOrNone();
        return index;
    }

    /**
     * Reads a body that is one record, without a list around it. May be called again, for the next.
     *
     * @param number what errors name it by
     * @throws RequestException                   when it is refused
     * @throws io.millrace.metadata.BrokerException when the sink refuses it
     */
    public void readLine(long number, byte[] body, RecordSink sink) {
        line = number;
        try {
            cursor.on(body, 0, body.length);
            if (!cursor.take('{')) {
                throw invalid("must be a JSON object, as {\"value\":1}");
            }
            readRecord();
            cursor.end();
        } catch (JsonCursor.MalformedJson e) {
            throw invalid(e.getMessage());
        }
        sink.append(partition, timestamp, key, value, headers);
        index++;
    }

    /** Who made the records, once they are read; empty: nobody whom the list names. */
    public Optional<ListProducer> producer() {
        return producerFields.producer();
    }

    private void readList(RecordSink sink) {
        if (!cursor.take('{')) {
            throw RequestException.invalidBody("a JSON object with the field \"records\" is expected");
        }
        int seen = 0;
        if (!cursor.take('}')) {
            do {
                ListField field = listField();
                if ((seen & field.bit()) != 0) {
                    throw RequestException.invalidBody("the field \"" + field.text() + "\" is there twice");
                }
                seen |= field.bit();
                if (field == ListField.RECORDS) {
                    readRecords(sink);
                } else {
                    producerFields.read(field, cursor);
                }
            } while (cursor.take(','));
            cursor.expect('}');
        }
        cursor.end();
        if (index == 0) {
            throw RequestException.unprocessable("there are no records to send: \"records\" is "
                    + ((seen & ListField.RECORDS.bit()) == 0 ? "missing" : "empty"));
        }
    }

    private ListField listField() {
        cursor.string();
        ListField field = ListField.named(name(), nameFrom(), nameTo());
        if (field == null) {
            throw RequestException.invalidBody("unknown field \"" + quotedName() + "\"; known are " + ListField.NAMES);
        }
        cursor.expect(':');
        return field;
    }

    private void readRecords(RecordSink sink) {
        if (!cursor.take('[')) {
            throw RequestException.invalidBody("\"records\" must be an array");
        }
        if (cursor.take(']')) {
            return;
        }
        do {
            if (!cursor.take('{')) {
                throw invalid("must be an object");
            }
            readRecord();
            sink.append(partition, timestamp, key, value, headers);
            index++;
        } while (cursor.take(','));
        cursor.expect(']');
    }

    private void readRecord() {
        partition = fixedPartition;
        timestamp = RecordAccumulator.NO_TIMESTAMP;
        key = null;
        value = null;
        headers = List.of();
        int seen = 0;
        if (!cursor.take('}')) {
            do {
                RecordField field = fieldName();
                if ((seen & field.bit()) != 0) {
                    throw invalid("the field \"" + field.text() + "\" is there twice");
                }
                seen |= field.bit();
                readField(field);
            } while (cursor.take(','));
            cursor.expect('}');
        }
        if ((seen & RecordField.VALUE.bit()) == 0) {
            throw invalid("the field \"value\" is missing; null makes a tombstone");
        }
    }

    private RecordField fieldName() {
        cursor.string();
        RecordField field = RecordField.named(name(), nameFrom(), nameTo());
        if (field == null) {
            throw invalid("unknown field \"" + quotedName() + "\"");
        }
        cursor.expect(':');
        return field;
    }

    /** A field that may be left out may be null as well. */
    private void readField(RecordField field) {
        try {
            switch (field) {
                case KEY -> key = keys.read(cursor);
                case VALUE -> value = values.read(cursor);
                case HEADERS -> headers = cursor.takeNull() ? List.of() : headerList.read(cursor);
                case PARTITION -> partition = cursor.takeNull() ? fixedPartition : namedPartition(field);
                case TIMESTAMP -> timestamp = cursor.takeNull() ? RecordAccumulator.NO_TIMESTAMP : number(field, Long.MAX_VALUE);
                default -> throw new IllegalStateException(field.text());
            }
        } catch (RecordContent.UnusableContent e) {
            throw RequestException.unprocessable((line > 0 ? place() + " \"" + field.text() + "\"" : place() + "." + field.text()) + ": "
                    + e.getMessage());
        } catch (HeaderListReader.InvalidHeader e) {
            throw invalid(e.getMessage());
        }
    }

    private int namedPartition(RecordField field) {
        if (fixedPartition != RecordAccumulator.ANY_PARTITION) {
            throw invalid("the field \"" + field.text() + "\" is not known here; send to the topic to use it");
        }
        return (int) number(field, Integer.MAX_VALUE);
    }

    private long number(RecordField field, long max) {
        long number = cursor.wholeNumber();
        if (number < 0 || number > max) {
            throw invalid("\"" + field.text() + "\" must be a whole number from 0 to " + max);
        }
        return number;
    }

    /** The bytes that hold the name which the cursor passed, free of escapes. */
    private byte[] name() {
        if (!cursor.stringIsEscaped()) {
            return cursor.bytes();
        }
        unescapedName.clear();
        if (!JsonEscapes.putText(unescapedName, cursor.bytes(), cursor.stringFrom(), cursor.stringTo())) {
            // a lone surrogate: none of the names that are known, and nor is the empty one
            unescapedName.clear();
        }
        return unescapedName.array;
    }

    private int nameFrom() {
        return cursor.stringIsEscaped() ? 0 : cursor.stringFrom();
    }

    private int nameTo() {
        return cursor.stringIsEscaped() ? unescapedName.size() : cursor.stringTo();
    }

    private String quotedName() {
        String name = new String(cursor.bytes(), cursor.stringFrom(), cursor.stringTo() - cursor.stringFrom(),
                StandardCharsets.UTF_8);
        return name.length() <= QUOTED_CHARACTERS ? name : name.substring(0, QUOTED_CHARACTERS) + "...";
    }

    private String place() {
        return line > 0 ? "line " + line : "records[" + index + "]";
    }

    private RequestException invalid(String what) {
        return RequestException.invalidBody(place() + ": " + what);
    }
}
