package io.millrace.group.delivery;

import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * The last answer that a member was given, until it is known to have arrived.
 *
 * @param number  of the poll
 * @param entry   id of the broker that the member asked
 * @param before  where its partitions were before
 * @param written completes once this broker has written the answer, to the member or to the entry, or with nothing when it could not
 * @param part    of a stream, which may take as long as its reader does, and of which it is always said what became of it
 * @param at      when it was given, by the nano clock
 */
record LastPoll(long number, int entry, Map<TopicIdPartition, Position> before, CompletableFuture<Optional<HandedOn>> written,
                boolean part, long at) {
    LastPoll(long number, int entry, boolean part, long at) {
        this(number, entry, new TreeMap<>(), new CompletableFuture<>(), part, at);
    }
}
