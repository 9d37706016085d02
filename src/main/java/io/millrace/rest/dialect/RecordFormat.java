package io.millrace.rest.dialect;

/** How a record list carries keys and values. */
public enum RecordFormat {
    /** Any JSON value; its compact text is what is stored. */
    JSON(MediaTypes.JSON_RECORDS),
    /** A base64 string; the decoded bytes are stored. */
    BINARY(MediaTypes.BINARY_RECORDS),
    /** A string; its UTF-8 bytes are stored. */
    TEXT(MediaTypes.TEXT_RECORDS);

    private final String mediaType;

    RecordFormat(String mediaType) {
        this.mediaType = mediaType;
    }

    public String mediaType() {
        return mediaType;
    }

    /**
     * The format that a request's Content-Type names.
     *
     * @param contentType the header's value, or null when there is none
     * @throws RequestException 415 for any other type, or a charset other than UTF-8
     */
    public static RecordFormat ofContentType(String contentType) {
        if (contentType == null) {
            throw unsupported("the request has no Content-Type");
        }
        MediaRange said = MediaRange.contentType(contentType);
        String type = said.type() + "/" + said.subtype();
        for (RecordFormat format : values()) {
            if (format.mediaType.equals(type)) {
                return format;
            }
        }
        if (MediaTypes.JSON.equals(type)) {
            return JSON;
        }
        throw unsupported("records cannot be sent as " + type);
    }

    private static RequestException unsupported(String what) {
        return RequestException.unsupportedMediaType(what + "; use one of " + MediaTypes.JSON_RECORDS + ", "
                + MediaTypes.BINARY_RECORDS + ", " + MediaTypes.TEXT_RECORDS);
    }
}
