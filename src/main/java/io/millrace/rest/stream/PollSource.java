package io.millrace.rest.stream;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.Groups;
import io.millrace.group.delivery.HandedOn;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.RecordForm;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * A consumer's records. Each portion is the answer to a poll, and the next poll says that it was written: so what is committed for the
 * consumer was written, and what was not written is given again, to whoever polls next.
 */
public final class PollSource implements StreamSource {
    private final Polling consumer;
    private final PollRequest like;
    private final Runnable allowed;
    /** Where it begins, in partitions that are the consumer's; of the read that goes on, or else the turn's, as all below. */
    private SortedMap<TopicPartition, Long> sought;
    /** Number of the first poll that was answered, by which the stream is known. */
    private long stream = PollRequest.NONE;
    private long last = PollRequest.NONE;

    /** What a consumer asks for. */
    public interface Polling {
        /** As {@link Groups#poll}. */
        CompletableFuture<Polled> poll(PollRequest request);

        /** The consumer is heard of, so that its session goes on. */
        void heard();

        /** Goes on from there in those of these partitions that it has now; fails as {@link Groups#seek}. */
        CompletableFuture<Void> seek(SortedMap<TopicPartition, Long> offsets);

        /** One of a group. */
        static Polling of(Groups groups, String group, ConsumerId consumer) {
            return new Polling() {
                @Override
                public CompletableFuture<Polled> poll(PollRequest request) {
                    return groups.poll(group, consumer, request);
                }

                @Override
                public void heard() {
                    groups.member(group, consumer); // what is wrong with it the next poll tells
                }

                @Override
                public CompletableFuture<Void> seek(SortedMap<TopicPartition, Long> offsets) {
                    return groups.member(group, consumer).thenCompose(member -> {
                        TreeMap<TopicPartition, Long> owned = new TreeMap<>(offsets);
                        owned.keySet().retainAll(member.owned().keySet());
                        return owned.isEmpty() ? CompletableFuture.completedFuture(null) : groups.seek(group, consumer, owned);
                    });
                }
            };
        }
    }

    /**
     * @param like    what all polls are like, their waits and their memory aside
     * @param sought  where to begin, in partitions that are the consumer's; elsewhere it is where the consumer is
     * @param allowed throws when the reader may not take part in the group any more
     */
    public PollSource(Polling consumer, PollRequest like, SortedMap<TopicPartition, Long> sought, Runnable allowed) {
        this.consumer = consumer;
        this.like = like;
        this.sought = sought;
        this.allowed = allowed;
    }

    @Override
    public int maxBytes() {
        return like.maxBytes();
    }

    @Override
    public void paused() {
        consumer.heard();
    }

    @Override
    public CompletableFuture<Given> next(long waitMs, ReadMemory memory) {
        CompletableFuture<Given> next = new CompletableFuture<>();
        placed(memory).thenCompose(done -> consumer.poll((last == PollRequest.NONE ? like.first()
                : like.behind(last, waitMs)).with(memory))).whenComplete((polled, failure) -> {
            if (failure != null) {
                next.completeExceptionally(failure);
                return;
            }
            last = polled.number();
            stream = stream == PollRequest.NONE ? last : stream;
            Given given = new Given(polled);
            if (!next.complete(given)) {
                given.lost();
            }
        });
        return next;
    }

    /** A stream that this one goes on behind may not have ended yet: first it must, or it would be given what is sought for this one. */
    private CompletableFuture<Void> placed(ReadMemory memory) {
        if (sought.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return consumer.poll(like.withoutWait().with(memory)).thenCompose(polled -> {
            giveBack(polled);
            memory.release();
            last = polled.number();
            return consumer.seek(sought);
        }).thenAccept(done -> sought = new TreeMap<>());
    }

    /** None of it was written. */
    private static void giveBack(Polled polled) {
        polled.abandoned();
        polled.written(false);
        polled.letGo();
    }

    private static RecordFormat format(RecordForm form) {
        return switch (form) {
            case JSON -> RecordFormat.JSON;
            case BINARY -> RecordFormat.BINARY;
            case TEXT -> RecordFormat.TEXT;
            case RAW -> throw RequestException.notAcceptable("raw batches are not given as a stream: create a consumer whose format is"
                    + " json, binary or text, or accept batches");
        };
    }

    /** What a poll gave, and it may be nothing. */
    final class Given implements Portion {
        private final Polled polled;

        private Given(Polled polled) {
            this.polled = polled;
        }

        @Override
        public Collection<String> topics() {
            return polled.parts().stream().map(part -> part.id().topic()).distinct().toList();
        }

        @Override
        public RecordFormat format() {
            return PollSource.format(polled.form());
        }

        @Override
        public long bytesRead() {
            return polled.parts().stream().mapToLong(part -> part.result().batches().capacity()).sum();
        }

        @Override
        public Map<String, String> head() {
            return Map.of(BrokerHeaders.STREAM, Long.toString(stream));
        }

        @Override
        public void writeTo(StreamedPart part) {
            allowed.run();
            Map<TopicPartition, Long> next = new HashMap<>();
            for (FetchAllResult.Part each : polled.parts()) {
                long after = part.writePlaced(each.id().topic(), each.id().partition(), each.result());
                if (after > each.result().offset()) {
                    next.put(each.id(), after);
                }
            }
            polled.delivered(next);
            polled.letGo();
        }

        @Override
        public void written(long end) {
            polled.written(new HandedOn(stream, end));
        }

        @Override
        public void lost() {
            giveBack(polled);
        }
    }
}
