package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RelayedWaitsTest {
    private final RelayedWaits waits = new RelayedWaits();

    @Test
    void whatWaitsAndWhatComesLaterIsTold503WhenTheServerStops() {
        CompletableFuture<String> before = new CompletableFuture<>();
        CompletableFuture<String> answered = new CompletableFuture<>();
        waits.add(before);
        waits.add(answered);
        answered.complete("an answer");
        assertThat(before).isNotDone();

        waits.end();
        CompletableFuture<String> after = new CompletableFuture<>();
        waits.add(after);

        assertThat(answered).isCompletedWithValue("an answer");
        for (CompletableFuture<String> ended : List.of(before, after)) {
            assertThatThrownBy(ended::join).cause().isInstanceOfSatisfying(BrokerException.class,
                    told -> assertThat(told.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        }
    }
}
