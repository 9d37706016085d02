package io.millrace.group.delivery;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.offsets.Position;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Where a poll begins to read: at the positions that are known; where nothing is committed, at the beginning or the end, which is
 * committed first; where the log does not have the position any more, where it was cut back, or as the member wants it. Guarded by
 * the group's lock.
 */
final class StartingPoints {
    private final PollTask poll;
    private final Sessions sessions;
    private final Session session;
    private final PollFetch fetch;

    StartingPoints(PollTask poll, Sessions sessions, Session session, PollFetch fetch) {
        this.poll = poll;
        this.sessions = sessions;
        this.session = session;
        this.fetch = fetch;
    }

    /** Has the poll read what can be read, or start anew once something is written, or tried again later, or fail. */
    void find(List<TopicIdPartition> readable, ConsumerConfig config) {
        OffsetReset reset = config.reset();
        List<TopicIdPartition> unknown = readable.stream()
                .filter(each -> !session.hasPosition(each, sessions.standing().offsets())).toList();
        List<TopicIdPartition> maybeCut = unknown.stream().filter(session.maybeCut::contains).toList();
        if (unknown.isEmpty()) {
            poll.read(readable);
        } else if (!maybeCut.isEmpty()) {
            look(maybeCut, config.isolation(), each -> new FetchPosition.EndOfEpoch(session.positions.get(each).leaderEpoch()),
                    result -> cut(result, readable, reset));
        } else if (reset == OffsetReset.NONE) {
            poll.fail(new BrokerException(ErrorKind.NO_OFFSET, ("no offset is committed for %s, or it is not in the log any more,"
                    + " and consumer '%s' has auto.offset.reset=none: seek first")
                    .formatted(unknown.get(0), session.member.name())));
        } else {
            look(unknown, config.isolation(), each -> isAtBeginning(each, reset) ? new FetchPosition.Earliest()
                    : new FetchPosition.Latest(), result -> found(result, readable));
        }
    }

    /** Of a topic that was created anew the group was there from the first record. */
    private boolean isAtBeginning(TopicIdPartition partition, OffsetReset reset) {
        return reset == OffsetReset.EARLIEST
                || !session.outOfRange.contains(partition) && sessions.standing().offsets().isAnew(partition);
    }

    private void look(List<TopicIdPartition> partitions, IsolationLevel isolation, Function<TopicIdPartition, FetchPosition> where,
                      Consumer<Map<TopicIdPartition, FetchAllResult.Part>> understood) {
        fetch.send(new FetchAllRequest(partitions.stream().map(each -> new FetchAllRequest.Part(each, where.apply(each))).toList(),
                isolation, 0, 0, 0), partitions, understood::accept, poll::fail);
    }

    /** Where the records end that the leader and the member have in common, is where the member goes on, if that is before its position. */
    private void cut(Map<TopicIdPartition, FetchAllResult.Part> result, List<TopicIdPartition> readable, OffsetReset reset) {
        TreeMap<TopicIdPartition, Relocation> relocations = new TreeMap<>();
        boolean known = false;
        for (Map.Entry<TopicIdPartition, FetchAllResult.Part> each : result.entrySet()) {
            FetchResult common = each.getValue().result();
            boolean gone = common == null && each.getValue().failure().kind() == ErrorKind.OFFSET_OUT_OF_RANGE;
            if (common != null && common.offset() < session.positions.get(each.getKey()).offset()) {
                relocations.put(each.getKey(),
                        new Relocation(Position.at(common.offset()), common.logStartOffset(), common.offset()));
            } else if (common != null || gone) {
                session.maybeCut.remove(each.getKey());
                known = true;
            }
        }
        if (!relocations.isEmpty() && reset == OffsetReset.NONE) {
            poll.fail(truncated(relocations.firstEntry()));
        } else if (!relocations.isEmpty()) {
            relocate(relocations);
        } else if (known) {
            poll.start();
        } else {
            readKnown(readable);
        }
    }

    private BrokerException truncated(Map.Entry<TopicIdPartition, Relocation> cut) {
        return new BrokerException(ErrorKind.NO_OFFSET, ("the log of %s was cut back to offset %d, because a leader was elected that"
                + " did not have all records: consumer '%s' has read what is not there any more, and has auto.offset.reset=none: seek"
                + " to that offset, or where you like").formatted(cut.getKey(), cut.getValue().to().offset(), session.member.name()));
    }

    private void found(Map<TopicIdPartition, FetchAllResult.Part> result, List<TopicIdPartition> readable) {
        TreeMap<TopicIdPartition, Position> begin = new TreeMap<>();
        TreeMap<TopicIdPartition, Relocation> relocations = new TreeMap<>();
        result.forEach((partition, part) -> {
            if (part.result() != null) {
                Position position = Position.at(part.result().offset());
                if (session.outOfRange.contains(partition)) {
                    long end = part.result().highWatermark();
                    relocations.put(partition, new Relocation(position, part.result().logStartOffset(),
                            end == FetchResult.NOT_KNOWN ? Long.MAX_VALUE : end));
                } else {
                    begin.put(partition, position);
                }
            }
        });
        if (!relocations.isEmpty()) {
            relocate(relocations); // and where the group begins is looked for again
        } else if (!begin.isEmpty()) {
            fetch.await(() -> sessions.side().begin(session.member, begin), poll::start, poll::fail);
        } else {
            readKnown(readable);
        }
    }

    /** That is written before anything is given out from there: a coordinator that comes later would skip what came meanwhile. */
    private void relocate(Map<TopicIdPartition, Relocation> relocations) {
        TreeMap<TopicIdPartition, Position> positions = new TreeMap<>();
        relocations.forEach((partition, relocation) -> positions.put(partition, relocation.to()));
        fetch.await(() -> sessions.side().relocate(session.member, relocations), () -> {
            sessions.moveTo(session, positions);
            poll.start();
        }, poll::fail);
    }

    private void readKnown(List<TopicIdPartition> readable) {
        List<TopicIdPartition> known = readable.stream().filter(session.positions::containsKey)
                .filter(each -> !session.outOfRange.contains(each)).toList();
        if (known.isEmpty()) {
            poll.later();
        } else {
            poll.read(known);
        }
    }
}
