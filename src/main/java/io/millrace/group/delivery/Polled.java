package io.millrace.group.delivery;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.RecordForm;
import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * What a poll gives out. Whoever makes the answer says how much of it went in, by {@link #delivered}, or that there is no
 * answer, by {@link #abandoned}, and once it was written, or could not be, {@link #written}: until then the consumer's next
 * poll waits. The first call of each counts. Thread-safe.
 */
public final class Polled {
    private final long number;
    private final RecordForm form;
    private volatile List<FetchAllResult.Part> parts;
    private final int memberEpoch;
    private final int maxRecords;
    private final Consumer<Map<TopicPartition, Long>> end;
    private final Consumer<Optional<HandedOn>> written;
    private final AtomicBoolean ended = new AtomicBoolean();

    /**
     * @param end     is told the offsets to go on from, of the partitions in the answer; none: there was no answer
     * @param written is told of the answer when the whole of it was written, else of nothing
     */
    public Polled(long number, RecordForm form, List<FetchAllResult.Part> parts, int memberEpoch, int maxRecords,
           Consumer<Map<TopicPartition, Long>> end, Consumer<Optional<HandedOn>> written) {
        this.number = number;
        this.form = form;
        this.written = written;
        this.parts = List.copyOf(parts);
        this.memberEpoch = memberEpoch;
        this.maxRecords = maxRecords;
        this.end = end;
    }

    static Polled nothing(long number, ConsumerConfig config, int memberEpoch) {
        return new Polled(number, config.form(), List.of(), memberEpoch, config.maxPollRecords(), next -> { }, whole -> { });
    }

    /** Tells this poll from the consumer's others. */
    public long number() {
        return number;
    }

    /** The consumer's format. */
    public RecordForm form() {
        return form;
    }

    /** Partitions with records, each with a result; none any more after {@link #letGo()}. */
    public List<FetchAllResult.Part> parts() {
        return parts;
    }

    /** The epoch that the consumer is in. */
    public int memberEpoch() {
        return memberEpoch;
    }

    /** The most records that the answer may have: max.poll.records. */
    public int maxRecords() {
        return maxRecords;
    }

    /** @param next of each partition whose records went in, the offset after the last of them */
    public void delivered(Map<TopicPartition, Long> next) {
        if (ended.compareAndSet(false, true)) {
            end.accept(Map.copyOf(next));
        }
    }

    /** What was read is not needed any more: the answer was made of it. */
    public void letGo() {
        parts = List.of();
    }

    /** No answer could be made: the consumer's positions stay where they were. */
    public void abandoned() {
        delivered(Map.of());
    }

    /** @param whole whether the whole answer was handed to the connection; else its records are given out again */
    public void written(boolean whole) {
        written.accept(whole ? Optional.of(new HandedOn(number, 0)) : Optional.empty());
    }

    /** As above, of an answer that is part of a stream, whose whole was handed to the connection. */
    public void written(HandedOn part) {
        written.accept(Optional.of(part));
    }
}
