package io.millrace.group.delivery;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.HashMap;
import java.util.Map;

/** An answer with records, until it is known what of it the member was given. Guarded by the group's lock. */
final class PollDelivery {
    private final Session session;
    private final LastPoll last;
    private final Map<TopicPartition, TopicIdPartition> given = new HashMap<>();

    /** @param parts the answer; from now on its partitions are given out */
    PollDelivery(Session session, LastPoll last, Map<TopicIdPartition, FetchAllResult.Part> parts) {
        this.session = session;
        this.last = last;
        parts.keySet().forEach(partition -> given.put(partition.partition(), partition));
        session.givenOut.addAll(parts.keySet());
        session.polled = true;
    }

    /** Any thread. @param whole whether the whole answer was written */
    void written(boolean whole) {
        last.written().complete(whole);
    }

    /** @param next of each partition whose records went in, the offset after the last of them */
    void end(Map<TopicPartition, Long> next) {
        next.forEach((name, offset) -> {
            TopicIdPartition partition = given.get(name);
            session.given.put(partition.topic(), partition.topicId());
            if (session.givenOut.contains(partition)) { // else it was moved, or taken, meanwhile
                session.sought.remove(partition);
                last.before().put(partition, session.positions.put(partition, Position.at(offset)));
            }
        });
        if (!next.isEmpty()) {
            session.last = last;
            session.lastNumber = last.number();
        }
        session.givenOut.clear();
    }
}
