package io.millrace.rest.internal;

import io.millrace.metadata.BrokerException;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.function.LongConsumer;

/**
 * Bodies whose memory is taken when their head has come, before they are held: a request that waits holds none. One that is
 * not granted is not read.
 *
 * @param memory takes so many bytes, or throws a {@link BrokerException}
 * @param unsaid what to take for a body that does not tell its length, in bytes
 */
record GrantedBody(LongConsumer memory, long unsaid) implements BodyHandler<byte[]> {
    @Override
    public BodySubscriber<byte[]> apply(ResponseInfo head) {
        try {
            memory.accept(head.headers().firstValueAsLong("Content-Length").orElse(unsaid));
        } catch (BrokerException refusal) {
            return new Unread(CompletableFuture.failedFuture(refusal));
        }
        return BodySubscribers.ofByteArray();
    }

    private record Unread(CompletionStage<byte[]> body) implements BodySubscriber<byte[]> {
        @Override
        public CompletionStage<byte[]> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.cancel();
        }

        @Override
        public void onNext(List<ByteBuffer> none) {
            // was on its way already
        }

        @Override
        public void onError(Throwable failure) {
            // the refusal stands
        }

        @Override
        public void onComplete() {
            // the refusal stands
        }
    }
}
