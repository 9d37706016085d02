package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptHeaderTest {
    private static final List<String> OFFERED = List.of("a/one", "a/two", "b/three");

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"*/* | a/one", "a/two | a/two", "A/TWO | a/two", "a/two;q=0.2, b/three;q=0.3 | b/three",
        "a/*;q=0.5, a/two | a/two", "*/*, a/one;q=0.1 | a/two", "*/*, a/*;q=0 | b/three", "a/two;x=\"q=0,;\" | a/two",
        "a/*, b/three | b/three", "*;q=.2 | a/one", ", a/two ,, | a/two", "a/two ; q = 1.000 | a/two", "a/two;level | a/two",
        "c/d, a/two;q=0.0001 | a/two"})
    void whatIsWantedMostIsChosen(String header, String chosen) {
        assertThat(AcceptHeader.of(List.of(header)).choose(OFFERED).orElseThrow().mediaType()).isEqualTo(chosen);
    }

    @ParameterizedTest
    @ValueSource(strings = {"c/d", "*/*;q=0", "a/*;q=0.000", "a/ones"})
    void nothingIsChosenOfWhatIsNotWanted(String header) {
        assertThat(AcceptHeader.of(List.of(header)).choose(OFFERED)).isEmpty();
    }

    @Test
    void withoutAHeaderEverythingIsWantedAndSeveralHeadersAreOne() {
        assertThat(Stream.of(AcceptHeader.of(null), AcceptHeader.of(List.of()), AcceptHeader.of(List.of(" "))))
                .allMatch(each -> each.choose(OFFERED).orElseThrow().equals(new AcceptHeader.Choice("a/one", false)));
        assertThat(AcceptHeader.of(List.of("a/one;q=0.1", "a/two")).choose(OFFERED)).contains(new AcceptHeader.Choice("a/two", true));
    }

    @Test
    void itsTextIsReadAsTheHeaderItself() {
        String text = AcceptHeader.of(List.of("*; q=.2", "A/b;Charset=UTF-8;q=1, x/*;q=0")).text();

        assertThat(text).isEqualTo("a/b;charset=utf-8, */*;q=0.200, x/*;q=0.000");
        assertThat(AcceptHeader.of(List.of(text)).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "/", "a/", "/b", "a/b/c", "*/b", "a/b;q=abc", "a/b;q=", "a/b;q=2", "a/b;q=-1", "a/b;q=.", "a/b;q=NaN",
        "a/b;q=1e3", "a/b;x=\"", "a b/c", "a/b c", "\u00fc/b", "a/b;=", "{}", "a/b;q=0.5.5"})
    void whatIsNoListOfMediaTypesIsABadRequest(String header) {
        RequestException e = catchThrowableOfType(RequestException.class, () -> AcceptHeader.of(List.of(header)));

        assertThat(e.status()).isEqualTo(400);
        assertThat(e).hasMessageContaining("Accept").hasMessageContaining(MediaTypes.DIALECT);
    }

    @Test
    void aContentTypeIsOneType() {
        assertThat(MediaRange.contentType("Application/JSON ; Charset=\"UTF-8\";q=abc").text())
                .isEqualTo("application/json;charset=utf-8");
        for (String wrong : new String[] {"", "a", "a/b, c/d", "*/*", "a/*", "a/b;=", "a/b;x=\"", ";",
            "a/b;charset=iso-8859-1", "a/b; Charset=\"UTF-16\""}) {
            assertThat(catchThrowableOfType(RequestException.class, () -> MediaRange.contentType(wrong)).status()).as(wrong)
                    .isEqualTo(415);
        }
    }
}
