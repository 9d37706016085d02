package io.millrace.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FetchFormatTest {
    @ParameterizedTest
    @CsvSource({"application/vnd.kafka.json.v2+json,JSON", "application/vnd.kafka.binary.v2+json,BINARY",
        "application/vnd.kafka.text.v2+json,TEXT", "application/vnd.kafka.v2+json,JSON", "application/json,JSON",
        "APPLICATION/VND.KAFKA.TEXT.V2+JSON,TEXT"})
    void theAcceptedTypeChooses(String accepted, RecordFormat format) {
        FetchFormat chosen = negotiate(accepted);

        assertThat(chosen.records()).isEqualTo(format);
        assertThat(chosen.mediaType()).isEqualToIgnoringCase(accepted);
    }

    @Test
    void batchesAreGivenToThoseWhoAskForThem() {
        assertThat(negotiate(MediaTypes.BATCH)).isEqualTo(new FetchFormat(MediaTypes.BATCH, null));
    }

    @ParameterizedTest
    @CsvSource({"*/*", "application/*"})
    void whoTakesAnythingGetsJson(String accepted) {
        assertThat(negotiate(accepted)).isEqualTo(new FetchFormat(MediaTypes.JSON_RECORDS, RecordFormat.JSON));
    }

    @Test
    void theFirstThatIsOfferedWins() {
        assertThat(negotiate("text/html", MediaTypes.TEXT_RECORDS, "*/*").records()).isEqualTo(RecordFormat.TEXT);
    }

    @Test
    void aTypeOfNoQualityIsNotAccepted() {
        MediaType refused = new MediaType("application", "vnd.kafka.text.v2+json", Map.of("q", "0"));

        assertThat(catchThrowableOfType(RequestException.class, () -> FetchFormat.negotiate(List.of(refused))).status())
                .isEqualTo(406);
    }

    @Test
    void otherTypesAreNotAcceptableAndTheMessageListsThoseThatAre() {
        RequestException e = catchThrowableOfType(RequestException.class, () -> negotiate("application/xml"));

        assertThat(e.status()).isEqualTo(406);
        assertThat(e).hasMessageContaining(MediaTypes.BATCH);
    }

    private static FetchFormat negotiate(String... accepted) {
        return FetchFormat.negotiate(Stream.of(accepted)
                .map(each -> new MediaType(each.substring(0, each.indexOf('/')), each.substring(each.indexOf('/') + 1)))
                .toList());
    }
}
