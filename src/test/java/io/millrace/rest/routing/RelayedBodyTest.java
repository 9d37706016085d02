package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.BrokerException;
import io.millrace.rest.cluster.Brokers;
import io.millrace.rest.dialect.RequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelayedBodyTest {
    private static final int FRAME_LENGTH = 4;
    private static final int FRAME_CODE = 32;

    private final ArrivingStream in = new ArrivingStream();
    private final Semaphore places = new Semaphore(1);
    private final RelayedBody body = new RelayedBody(in, -1, places);
    private final Receiver receiver = new Receiver();

    /** Takes what it asked for. */
    private static final class Receiver implements Flow.Subscriber<ByteBuffer> {
        private final ByteArrayOutputStream frames = new ByteArrayOutputStream();
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
            frames.write(piece.array(), piece.position(), piece.remaining());
            received.write(piece.array(), piece.position() + FRAME_LENGTH, piece.remaining() - FRAME_LENGTH - FRAME_CODE);
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
        body.by(Brokers.seal());
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
    void whoeverBringsItIsHeldBackUntilTheOwnerTakesIt() throws Exception {
        Future<?> bringing = bring(new byte[200_000]);
        await(() -> in.taken == 5 * 16 * 1024);
        body.subscribe(receiver);
        receiver.subscription.request(2);
        await(() -> in.taken == 7 * 16 * 1024);
        assertThat(receiver.received.size()).isEqualTo(2 * 16 * 1024);

        receiver.subscription.request(Long.MAX_VALUE);
        receiver.subscription.request(Long.MAX_VALUE);
        bringing.get(30, TimeUnit.SECONDS);
        assertThat(receiver.received.size()).isEqualTo(200_000);
        assertThat(body.out()).isNotDone();
        in.end(new byte[0]);
        assertThat(receiver.complete).isTrue();
    }

    @Test
    void oneThatIsHeldBackEndsWhenItIsGivenUpAndIsClosedByWhoBroughtIt() throws Exception {
        body.subscribe(receiver);
        Future<?> bringing = bring(new byte[200_000]);
        await(() -> in.taken == 5 * 16 * 1024);
        body.giveUp();
        bringing.get(30, TimeUnit.SECONDS);

        assertThat(in.closed).isTrue();
        assertThat(receiver.error).isInstanceOf(CancellationException.class);
    }

    @Test
    void moreThanMayBeHeldBackAreRefused() throws Exception {
        places.acquire();
        body.subscribe(receiver);
        in.bring(new byte[200_000]);

        assertThat(receiver.error).isInstanceOfSatisfying(RequestException.class, told -> assertThat(told.status()).isEqualTo(503));
        assertThat(in.closed).isTrue();
        assertThat(places.availablePermits()).isZero();
    }

    private Future<?> bring(byte[] bytes) {
        FutureTask<Void> bringing = new FutureTask<>(() -> {
            in.bring(bytes);
            return null;
        });
        Thread thread = new Thread(bringing, "container");
        thread.setDaemon(true);
        thread.start();
        return bringing;
    }

    private void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as("%d bytes were taken", in.taken).isNegative();
            Thread.sleep(5);
        }
    }

    @Test
    void theEndIsAFrameThatIsAskedFor() throws IOException {
        body.subscribe(receiver);
        receiver.subscription.request(1);
        in.end(new byte[] {1});
        assertThat(receiver.complete).isFalse();
        receiver.subscription.request(1);

        assertThat(receiver.complete).isTrue();
    }

    @Test
    void anEmptyBodyIsOut() throws IOException {
        body.subscribe(receiver);
        receiver.subscription.request(1);
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
        in.bring(new byte[60_000]);
        assertThat(body.late(7)).as("the owner takes no more").isInstanceOf(BrokerException.class);
    }
}
