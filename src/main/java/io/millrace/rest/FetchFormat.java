package io.millrace.rest;

import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/**
 * How a fetch is answered.
 *
 * @param mediaType of the response
 * @param records   how records are rendered, or null: batches as they are stored
 */
record FetchFormat(String mediaType, RecordFormat records) {
    /** Everything that a fetch can answer with, in the order in which a client that takes anything is served. */
    private static final List<FetchFormat> OFFERED = List.of(
            new FetchFormat(MediaTypes.JSON_RECORDS, RecordFormat.JSON),
            new FetchFormat(MediaTypes.BINARY_RECORDS, RecordFormat.BINARY),
            new FetchFormat(MediaTypes.TEXT_RECORDS, RecordFormat.TEXT),
            new FetchFormat(MediaTypes.BATCH, null),
            new FetchFormat(MediaTypes.DIALECT, RecordFormat.JSON),
            new FetchFormat(MediaTypes.JSON, RecordFormat.JSON));

    /**
     * @param accepted what the client accepts, what it likes best first
     * @throws RequestException 406 when nothing that is offered is among it
     */
    static FetchFormat negotiate(List<MediaType> accepted) {
        for (MediaType type : accepted) {
            for (FetchFormat format : OFFERED) {
                if (format.fits(type)) {
                    return format;
                }
            }
        }
        throw RequestException.notAcceptable("records cannot be given as " + accepted + "; accept one of "
                + String.join(", ", OFFERED.stream().map(FetchFormat::mediaType).toList()));
    }

    private boolean fits(MediaType accepted) {
        if ("0".equals(accepted.getParameters().get("q")) || "0.0".equals(accepted.getParameters().get("q"))) {
            return false;
        }
        int slash = mediaType.indexOf('/');
        String type = mediaType.substring(0, slash);
        String subtype = mediaType.substring(slash + 1);
        return (accepted.isWildcardType() || accepted.getType().equalsIgnoreCase(type))
                && (accepted.isWildcardSubtype() || accepted.getSubtype().equalsIgnoreCase(subtype));
    }
}
