package io.millrace.rest.stream;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.rest.dialect.RecordFormat;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A partition's records, of which the client knows how far it has read. */
public final class FetchSource implements StreamSource {
    private final Fetching broker;
    private final RecordFormat format;
    private final FetchRequest like;
    /** Where the next fetch begins; null before the first. Of the turn's thread. */
    private FetchPosition from;

    /** What reads partitions: the broker. */
    @FunctionalInterface
    public interface Fetching {
        /** @throws RuntimeException as the future, too */
        CompletableFuture<FetchResult> fetch(FetchRequest request, ReadMemory memory);
    }

    /** @param like where the first begins, and what all of them are like */
    FetchSource(Fetching broker, FetchRequest like, RecordFormat format) {
        this.broker = broker;
        this.like = like;
        this.format = format;
    }

    @Override
    public int maxBytes() {
        return like.maxBytes();
    }

    @Override
    public void paused() {
        // nobody waits for it
    }

    @Override
    public CompletableFuture<Fetched> next(long waitMs, ReadMemory memory) {
        CompletableFuture<FetchResult> fetch = broker.fetch(new FetchRequest(like.topic(), like.partition(),
                from == null ? like.from() : from, like.isolation(), false, from == null ? like.lastEpoch() : -1, 1, like.maxBytes(),
                waitMs), memory);
        CompletableFuture<Fetched> next = fetch.thenApply(Fetched::new);
        next.exceptionally(ended -> {
            fetch.completeExceptionally(ended); // which waits no more
            return null;
        });
        return next;
    }

    /** What a fetch gave. */
    final class Fetched implements Portion {
        private final FetchResult result;

        private Fetched(FetchResult result) {
            this.result = result;
        }

        @Override
        public Collection<String> topics() {
            return List.of(like.topic());
        }

        @Override
        public RecordFormat format() {
            return format;
        }

        @Override
        public long bytesRead() {
            return result.batches().capacity();
        }

        @Override
        public Map<String, String> head() {
            return Map.of("Millrace-Offset", Long.toString(result.offset()));
        }

        @Override
        public void writeTo(StreamedPart part) {
            from = new FetchPosition.AtOffset(part.write(like.topic(), like.partition(), result));
        }

        @Override
        public void written(long end) {
            // it is for the client to know
        }

        @Override
        public void lost() {
            // the client asks for it again
        }
    }
}
