package io.millrace.rest.dialect;

/** The media types that requests and responses carry. */
public final class MediaTypes {
    /** Metadata, produce results and errors. */
    public static final String DIALECT = "application/vnd.kafka.v2+json";
    /** Record lists whose keys and values are JSON. */
    public static final String JSON_RECORDS = "application/vnd.kafka.json.v2+json";
    /** Record lists whose keys and values are base64 strings. */
    public static final String BINARY_RECORDS = "application/vnd.kafka.binary.v2+json";
    /** Record lists whose keys and values are strings. */
    public static final String TEXT_RECORDS = "application/vnd.kafka.text.v2+json";
    /** Record batches v2 as they are stored. */
    public static final String BATCH = "application/vnd.millrace.batch";
    /** Understood as {@link #JSON_RECORDS} or {@link #DIALECT}, as the request wants. */
    public static final String JSON = "application/json";

    /** A record a line, each a JSON object. */
    public static final String LINES = "application/x-ndjson";
    /** Server-sent events, a record each. */
    public static final String EVENTS = "text/event-stream";

    private MediaTypes() {
    }
}
