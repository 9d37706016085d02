package io.millrace.rest.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.group.membership.RecordForm;
import io.millrace.rest.dialect.AcceptHeader;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import java.util.List;
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
    @CsvSource(delimiter = '|', value = {"*/*|JSON,BINARY,TEXT,RAW", "application/*;q=0.1|JSON,BINARY,TEXT,RAW",
        "application/json|JSON,BINARY,TEXT", "application/vnd.kafka.v2+json;q=0.5|JSON,BINARY,TEXT",
        "application/vnd.kafka.text.v2+json|TEXT", "application/vnd.millrace.batch|RAW",
        "application/vnd.kafka.text.v2+json, application/vnd.kafka.json.v2+json;q=0.1|JSON,TEXT",
        "*/*, application/vnd.kafka.binary.v2+json;q=0|JSON,TEXT,RAW"})
    void aConsumerOfAFormatThatIsTakenIsAnswered(String accepted, String forms) {
        assertThat(FetchFormat.taken(AcceptHeader.of(List.of(accepted)))).extracting(RecordForm::name)
                .containsExactly(forms.split(","));
    }

    @Test
    void noConsumerGivesWhatIsNoFormatOfRecords() {
        assertThat(catchThrowableOfType(RequestException.class, () -> FetchFormat.taken(AcceptHeader.of(List.of("text/html")))).status())
                .isEqualTo(406);
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
        assertThat(catchThrowableOfType(RequestException.class, () -> negotiate(MediaTypes.TEXT_RECORDS + ";q=0")).status())
                .isEqualTo(406);
    }

    @Test
    void otherTypesAreNotAcceptableAndTheMessageListsThoseThatAre() {
        RequestException e = catchThrowableOfType(RequestException.class, () -> negotiate("application/xml"));

        assertThat(e.status()).isEqualTo(406);
        assertThat(e).hasMessageContaining(MediaTypes.BATCH);
    }

    private static FetchFormat negotiate(String... accepted) {
        return FetchFormat.negotiate(AcceptHeader.of(List.of(accepted)));
    }
}
