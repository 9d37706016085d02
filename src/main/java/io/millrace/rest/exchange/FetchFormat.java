package io.millrace.rest.exchange;

import io.millrace.group.membership.RecordForm;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.dialect.AcceptHeader;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How a fetch is answered.
 *
 * @param mediaType of the response
 * @param records   how records are rendered, or null: batches as they are stored
 */
public record FetchFormat(String mediaType, RecordFormat records) {
    /** Everything that a fetch can answer with, in the order in which a client that takes anything is served. */
    private static final List<FetchFormat> OFFERED = List.of(
            new FetchFormat(MediaTypes.JSON_RECORDS, RecordFormat.JSON),
            new FetchFormat(MediaTypes.BINARY_RECORDS, RecordFormat.BINARY),
            new FetchFormat(MediaTypes.TEXT_RECORDS, RecordFormat.TEXT),
            new FetchFormat(MediaTypes.BATCH, null),
            new FetchFormat(MediaTypes.DIALECT, RecordFormat.JSON),
            new FetchFormat(MediaTypes.JSON, RecordFormat.JSON));

    static final List<String> TYPES = OFFERED.stream().map(FetchFormat::mediaType).toList();

    /** @throws RequestException 406 when nothing that is offered is among what the client accepts */
    public static FetchFormat negotiate(AcceptHeader accepted) {
        return of(choice(accepted).mediaType());
    }

    /**
     * The formats of consumers that the client takes: those whose type it takes, and those of lists where it names JSON.
     *
     * @throws RequestException as above
     */
    public static Set<RecordForm> taken(AcceptHeader accepted) {
        choice(accepted);
        boolean lists = accepted.choose(List.of(MediaTypes.DIALECT, MediaTypes.JSON)).filter(AcceptHeader.Choice::named).isPresent();
        Set<RecordForm> taken = EnumSet.noneOf(RecordForm.class);
        for (RecordForm form : RecordForm.values()) {
            if (lists && form != RecordForm.RAW || accepted.choose(List.of(mediaType(form))).isPresent()) {
                taken.add(form);
            }
        }
        return taken;
    }

    private static String mediaType(RecordForm form) {
        return switch (form) {
            case JSON -> MediaTypes.JSON_RECORDS;
            case BINARY -> MediaTypes.BINARY_RECORDS;
            case TEXT -> MediaTypes.TEXT_RECORDS;
            case RAW -> MediaTypes.BATCH;
        };
    }

    private static AcceptHeader.Choice choice(AcceptHeader accepted) {
        return accepted.choose(TYPES).orElseThrow(() -> RequestException.notAcceptable("records cannot be given as "
                + Numbers.quoted(accepted.text()) + "; accept one of " + String.join(", ", TYPES)));
    }

    private static FetchFormat of(String mediaType) {
        return OFFERED.get(TYPES.indexOf(mediaType));
    }
}
