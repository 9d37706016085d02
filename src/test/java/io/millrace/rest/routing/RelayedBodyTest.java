package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.BrokerException;
import io.millrace.rest.dialect.RequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelayedBodyTest {
    private final ArrivingStream in = new ArrivingStream();
    private final RelayedBody body = new RelayedBody(in, -1);
    private final Receiver receiver = new Receiver();

    /** Takes what it asked for. */
    private static final class Receiver implements Flow.Subscriber<ByteBuffer> {
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        Flow.Subscription subscription;
        boolean complete;
        Throwable error;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        @Override
        public void onNext(ByteBuffer piece) {
            received.write(piece.array(), piece.position(), piece.remaining());
        }

        @Override
        public void onError(Throwable failure) {
            error = failure;
        }

        @Override
        public void onComplete() {
            complete = true;
        }
    }

    @BeforeEach
    void listen() {
        body.listen();
    }

    @Test
    void bytesGoOutAsTheyComeWhoeverIsFirst() throws IOException {
        body.subscribe(receiver);
        receiver.subscription.request(10);
        in.bring(new byte[] {1, 2});
        assertThat(receiver.received.size()).isEqualTo(2);
        in.bring(new byte[] {3});
        assertThat(receiver.received.size()).isEqualTo(3);
        in.end(new byte[] {4});

        assertThat(receiver.received.toByteArray()).containsExactly(1, 2, 3, 4);
        assertThat(receiver.complete).isTrue();
        assertThat(body.out()).isCompleted();
    }

    @Test
    void noMoreIsReadThanIsAskedFor() throws IOException {
        in.bring(new byte[100_000]);
        assertThat(in.taken).as("nobody asks yet").isZero();
        body.subscribe(receiver);
        receiver.subscription.request(2);
        assertThat(in.taken).isEqualTo(RelayedBody.BYTES_IN_MEMORY);

        receiver.subscription.request(Long.MAX_VALUE);
        receiver.subscription.request(Long.MAX_VALUE);
        assertThat(in.taken).isEqualTo(100_000);
        assertThat(body.out()).isNotDone();
        in.end(new byte[0]);
        assertThat(receiver.complete).isTrue();
    }

    @Test
    void theEndNeedsNotBeAskedFor() throws IOException {
        body.subscribe(receiver);
        receiver.subscription.request(1);
        in.end(new byte[] {1});

        assertThat(receiver.complete).isTrue();
    }

    @Test
    void anEmptyBodyIsOut() throws IOException {
        body.subscribe(receiver);
        in.end(new byte[0]);

        assertThat(receiver.complete).isTrue();
        assertThat(body.out()).isCompleted();
    }

    @Test
    void aBodyThatIsRefusedOnItsWayIsToldToBothSides() throws IOException {
        body.subscribe(receiver);
        receiver.subscription.request(5);
        in.failure = RequestException.tooLarge("too much");
        in.bring(new byte[] {1});

        assertThat(receiver.error).isSameAs(in.failure);
        assertThat(body.out()).isCompletedExceptionally();
        assertThat(in.closed).isTrue();
    }

    @Test
    void aClientThatIsGoneIsToldOnce() {
        body.subscribe(receiver);
        receiver.subscription.request(5);
        in.breakOff(new SocketTimeoutException());
        in.breakOff(new IOException());

        assertThat(receiver.error).isInstanceOfSatisfying(RequestException.class, told -> assertThat(told.status()).isEqualTo(400));
        assertThat(receiver.complete).isFalse();
    }

    @Test
    void nothingIsReadOnceItWasGivenUp() throws IOException {
        body.subscribe(receiver);
        body.giveUp();
        receiver.subscription.request(5);
        in.bring(new byte[] {1});

        assertThat(in.taken).isZero();
        assertThat(in.closed).isTrue();
    }

    @Test
    void whoIsLateIsBlamed() throws IOException {
        assertThat(body.late(7)).isInstanceOf(BrokerException.class);
        body.subscribe(receiver);
        assertThat(body.late(7)).as("the owner does not ask").isInstanceOf(BrokerException.class);
        receiver.subscription.request(2);
        assertThat(body.late(7)).isInstanceOfSatisfying(RequestException.class, told -> assertThat(told.status()).isEqualTo(408));
        in.bring(new byte[100_000]);
        assertThat(body.late(7)).as("the owner takes no more").isInstanceOf(BrokerException.class);
    }
}
