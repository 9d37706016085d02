package io.millrace.rest.dialect;

import java.util.Locale;

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
        int semicolon = contentType.indexOf(';');
        String type = (semicolon < 0 ? contentType : contentType.substring(0, semicolon)).strip();
        if (semicolon >= 0) {
            requireUtf8(contentType.substring(semicolon + 1));
        }
        for (RecordFormat format : values()) {
            if (format.mediaType.equalsIgnoreCase(type)) {
                return format;
            }
        }
        if (MediaTypes.JSON.equalsIgnoreCase(type)) {
            return JSON;
        }
        throw unsupported("records cannot be sent as " + type);
    }

    private static void requireUtf8(String parameters) {
        for (String parameter : parameters.split(";")) {
            String[] pair = parameter.strip().split("=", 2);
            if (pair.length == 2 && pair[0].strip().equalsIgnoreCase("charset")) {
                String charset = pair[1].strip().replace("\"", "").toLowerCase(Locale.ROOT);
                if (!charset.equals("utf-8") && !charset.equals("utf8")) {
                    throw unsupported("the body must be UTF-8, not " + charset);
                }
            }
        }
    }

    private static RequestException unsupported(String what) {
        return RequestException.unsupportedMediaType(what + "; use one of " + MediaTypes.JSON_RECORDS + ", "
                + MediaTypes.BINARY_RECORDS + ", " + MediaTypes.TEXT_RECORDS);
    }
}
