package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.client.FakeMillrace.Fault;
import io.millrace.client.RequestFailedException.Outcome;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is asked of whom, how often, and what is known when it failed. */
class MillraceClientTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final URI NOBODY = URI.create("http://localhost:1");

    private final FakeMillrace server = new FakeMillrace(0);
    private final MillraceClient client = new MillraceClient(List.of(NOBODY, server.url()), null, null, TIMEOUT);

    @AfterEach
    void close() {
        server.close();
    }

    private List<RecordMetadata> send(String value) {
        return client.produce("orders", List.of(ProducerRecord.of("k", value)), null);
    }

    private static RequestFailedException failure(ThrowingCallable call) {
        return catchThrowableOfType(RequestFailedException.class, call);
    }

    @Test
    void recordsAreWrittenAsTheyAre() {
        assertThat(client.produce("größe", List.of(ProducerRecord.of("k", "ü\"\\"), ProducerRecord.of((byte[]) null, new byte[0]).to(7),
                ProducerRecord.of("gone", null)), null)).extracting(RecordMetadata::partition).containsExactly(0, 7, 2);
        assertThat(server.committed("größe")).containsExactly("k=ü\"\\", "null=", "gone=null");
    }

    @Test
    void theServerThatAnsweredIsAskedFirst() {
        try (FakeMillrace busy = new FakeMillrace(0)) {
            MillraceClient both = new MillraceClient(List.of(busy.url(), server.url()), null, null, TIMEOUT);
            busy.failNext("/topics", Fault.NOTHING_DONE);
            for (int i = 0; i < 3; i++) {
                both.produce("orders", List.of(ProducerRecord.of("k", "v")), null);
            }
            assertThat(busy.requests("/topics")).hasSize(1);
            assertThat(server.requests("/topics")).hasSize(3);
        }
    }

    @Test
    void withoutAnyServerItGivesUpInTimeAndGoesOnWhenOneIsBack() {
        send("a");
        server.stop();
        long began = System.nanoTime();
        RequestFailedException failed = failure(() -> send("b"));
        assertThat(failed.outcome()).isEqualTo(Outcome.NOT_DONE);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(TIMEOUT.plusSeconds(2));
        server.startAgain();
        send("c");
        assertThat(server.committed("orders")).containsExactly("k=a", "k=c");
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, names = {"NOTHING_DONE", "CONCURRENT_TRANSACTIONS", "STARTING"})
    void recordsThatWereNotWrittenAreSentAgain(Fault fault) {
        server.failNext("/topics", fault);
        server.failNext("/topics", fault);
        send("a");
        assertThat(server.committed("orders")).containsExactly("k=a");
        assertThat(server.requests("/topics")).hasSize(3);
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, names = {"ANSWER_LOST", "REQUEST_LOST", "UNAVAILABLE", "NOT_COMMITTED", "PARTLY_WRITTEN",
        "PROXY_LOST_ANSWER"})
    void recordsThatMayBeWrittenAreNotSentAgain(Fault fault) {
        server.failNext("/topics", fault);
        assertThat(failure(() -> send("a")).outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(server.requests("/topics")).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = {"PARTLY_WRITTEN", "NO_SUCH_TOPIC", "EARLIER_IS_OPEN"})
    void theEndOfATransactionIsAskedForUntilItIsAnswered(Fault fault) {
        TransactionalProducer producer = client.begin("transfer;%ü", MINUTE);
        client.produce("orders", List.of(ProducerRecord.of("k", "a")), producer);
        server.failNext("/prepare", fault);
        assertThat(client.prepare(producer, "x y")).isEqualTo(new EndedTransaction("Prepared", producer));
        assertThat(client.prepared("")).isEqualTo(client.transactions("x y")).containsExactly(new KnownTransaction(producer, "Prepared", "x y"));
        server.failNext("/commit", fault);
        EndedTransaction ended = client.commit(producer);
        assertThat(ended.producer()).isEqualTo(new TransactionalProducer("transfer;%ü", producer.producerId(), 1));
        assertThat(server.committed("orders")).containsExactly("k=a");
        assertThat(client.prepared("")).isEmpty();
        assertThat(client.transactions("x y")).allMatch(KnownTransaction::isCommitted).hasSize(1);
    }

    @Test
    void allThatIsPreparedUnderAPrefixIsFoundHoweverManyAnAnswerHolds() {
        for (String id : List.of("a-1", "b-1", "b-2", "b-3", "b-4", "b-5", "c-1")) {
            TransactionalProducer producer = client.begin(id, MINUTE);
            client.produce("orders", List.of(ProducerRecord.of("k", id)), producer);
            client.prepare(producer, "xid of " + id);
        }
        assertThat(client.prepared("b-")).extracting(KnownTransaction::xid).containsExactly("xid of b-1", "xid of b-2", "xid of b-3",
                "xid of b-4", "xid of b-5");
        assertThat(client.prepared("")).hasSize(7);
        assertThat(client.prepared("d-")).isEmpty();
    }

    @Test
    void aRefusalIsFinalAndSaysItsKind() {
        TransactionalProducer before = client.begin("transfer", MINUTE);
        client.begin("transfer", MINUTE);
        RequestFailedException refused = failure(() -> client.produce("orders", List.of(ProducerRecord.of("k", "late")), before));
        assertThat(refused.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(refused.error()).isEqualTo("PRODUCER_FENCED");
        assertThat(refused).hasMessageContaining(server.url().toString()).hasMessageContaining("is over");
        assertThat(server.requests("/topics")).hasSize(1);
    }

    @Test
    void aRequestThatWasLostOnceIsNotKnownToBeUndone() {
        TransactionalProducer producer = client.begin("transfer", MINUTE);
        server.failNext("/commit", Fault.ANSWER_LOST);
        for (int i = 0; i < 100; i++) {
            server.failNext("/commit", Fault.NOTHING_DONE);
        }
        assertThat(failure(() -> client.commit(producer)).outcome()).isEqualTo(Outcome.UNKNOWN);
    }

    @Test
    void theUserIsNamed() {
        server.require("app", "geheim:ü");
        assertThat(failure(() -> send("a")).outcome()).isEqualTo(Outcome.REFUSED);
        new MillraceClient(List.of(server.url()), "app", "geheim:ü", TIMEOUT)
                .produce("orders", List.of(ProducerRecord.of("k", "b")), null);
        assertThat(server.committed("orders")).containsExactly("k=b");
    }
}
