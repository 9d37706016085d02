package io.millrace.rest.dialect;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** How a stream of records is told from its beginning to its end. Elements are JSON without line breaks. */
public enum StreamForm {
    /** Server-sent events: an event for each record. */
    EVENTS(MediaTypes.EVENTS, "retry: 2000\n\n", "id: ", "\ndata: ", "event: error\n", "\n\n", ": \n\n"),
    /** A line for each record. */
    LINES(MediaTypes.LINES, "", "", "", "", "\n", "\n");

    /** Of all forms. */
    public static final List<String> TYPES = List.of(MediaTypes.EVENTS, MediaTypes.LINES);

    private final String mediaType;
    private final byte[] opening;
    private final byte[] beforeId;
    private final byte[] beforeData;
    private final byte[] errorMark;
    private final byte[] end;
    private final byte[] sign;

    StreamForm(String mediaType, String opening, String beforeId, String beforeData, String errorMark, String end, String sign) {
        this.mediaType = mediaType;
        this.opening = ascii(opening);
        this.beforeId = ascii(beforeId);
        this.beforeData = ascii(beforeData);
        this.errorMark = ascii(errorMark);
        this.end = ascii(end);
        this.sign = ascii(sign);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** @return null: it is none of a stream */
    public static StreamForm of(String mediaType) {
        for (StreamForm form : values()) {
            if (mediaType != null && mediaType.startsWith(form.mediaType)) {
                return form;
            }
        }
        return null;
    }

    public String mediaType() {
        return mediaType;
    }

    /** What a stream begins with. */
    public byte[] opening() {
        return opening.clone();
    }

    /** Says that the stream goes on, and nothing else. */
    public byte[] sign() {
        return sign.clone();
    }

    /** An error, after which the stream ends or goes on. */
    public byte[] error(ErrorBody error) {
        ReusedBytes out = new ReusedBytes(256);
        out.put(errorMark);
        beginData(out);
        error.writeTo(out);
        out.put(end);
        return out.toByteArray();
    }

    /** Whether a stream that was told as far as this is between two elements; of no bytes it is not known. */
    public boolean isBetween(byte[] told) {
        boolean between = told.length >= end.length;
        for (int i = 0; between && i < end.length; i++) {
            between = told[told.length - end.length + i] == end[i];
        }
        return between;
    }

    /** Begins an element that a reader can go on behind. @param place of it, and the number in that, are its id */
    void begin(ReusedBytes out, byte[] place, long id) {
        if (beforeId.length > 0) {
            out.put(beforeId);
            out.put(place);
            out.putDecimal(id);
        }
        beginData(out);
    }

    /** As above, of a record that cannot be told. */
    void beginError(ReusedBytes out, byte[] place, long id) {
        out.put(errorMark);
        begin(out, place, id);
    }

    private void beginData(ReusedBytes out) {
        // without an id there is no line before it that is to be ended
        int skipped = beforeData.length > 0 && (out.size() == 0 || out.array[out.size() - 1] == '\n') ? 1 : 0;
        out.put(beforeData, skipped, beforeData.length - skipped);
    }

    /** Ends an element that began at a place, and was put since. */
    void end(ReusedBytes out, int from) {
        for (int at = from; at < out.size(); at++) {
            // only JSON that was stored so has them, between its parts, where a space means the same
            if (out.array[at] == '\r' || out.array[at] == '\n') {
                out.array[at] = ' ';
            }
        }
        out.put(end);
    }
}
