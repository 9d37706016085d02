package io.millrace.group.delivery;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.FetchResult;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** An answer with records, until it is known what of it the member was given. Guarded by the group's lock. */
final class PollDelivery {
    private final Session session;
    private final LastPoll last;
    /** Until it is known how much of it went in. */
    private final Map<TopicPartition, Given> given = new HashMap<>();

    private record Given(TopicIdPartition partition, FetchResult records) {
        /** @param next the offset after the last record that went in */
        Position upTo(long next) {
            if (next == records.nextOffset()) {
                return new Position(next, records.leaderEpoch());
            }
            for (RecordBatch batch : RecordBatch.in(records.batches())) {
                if (batch.baseOffset() < next && batch.lastOffset() >= next - 1) {
                    return new Position(next, batch.leaderEpoch());
                }
            }
            return Position.at(next); // the record before was left out, and with it what its epoch was
        }
    }

    /** @param parts the answer; from now on its partitions are given out */
    PollDelivery(Session session, LastPoll last, Map<TopicIdPartition, FetchAllResult.Part> parts) {
        this.session = session;
        this.last = last;
        parts.forEach((partition, part) -> given.put(partition.partition(), new Given(partition, part.result())));
        session.givenOut.addAll(parts.keySet());
        session.polled = true;
    }

    /** Any thread. @param whole the whole answer, when that was written; else nothing */
    void written(Optional<HandedOn> whole) {
        last.written().complete(whole);
    }

    /** @param next of each partition whose records went in, the offset after the last of them */
    void end(Map<TopicPartition, Long> next) {
        next.forEach((name, offset) -> {
            Given part = given.get(name);
            TopicIdPartition partition = part.partition();
            session.given.put(partition.topic(), partition.topicId());
            if (session.givenOut.contains(partition)) { // else it was moved, or taken, meanwhile
                session.sought.remove(partition);
                last.before().put(partition, session.advance(partition, part.upTo(offset)));
            }
        });
        if (!next.isEmpty()) {
            session.last = last;
            session.lastNumber = last.number();
        }
        session.givenOut.clear();
        given.clear();
    }
}
