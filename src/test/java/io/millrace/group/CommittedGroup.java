package io.millrace.group;

import io.millrace.broker.SimulatedServer;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupRecordCodec;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import io.millrace.replica.hosting.Partition;

/**
 * What a cluster keeps of a group: what the records say that its partition of the offsets topic has below the high watermark of
 * any replica. Read as that grows.
 */
final class CommittedGroup {
    private static final int MOST_BYTES = 1 << 20;

    private final TopicIdPartition partition;
    private final GroupPromises promises;
    private final GroupRecordCodec codec = new GroupRecordCodec();
    private final GroupMachine machine = new GroupMachine();
    private long position;
    private int leaderEpoch = -1;
    private int leaderships;

    /** @param promises are held against each state of it */
    CommittedGroup(TopicIdPartition partition, GroupPromises promises) {
        this.partition = partition;
        this.promises = promises;
    }

    /** Null: there is none. */
    GroupState state() {
        return machine.groups().contains(GroupWorld.GROUP) ? machine.state(GroupWorld.GROUP, 0) : null;
    }

    /** How many leaderships of the partition have been seen. */
    int leaderships() {
        return leaderships;
    }

    /** Reads what is committed at a server and was not read yet. */
    void readOn(SimulatedServer server) {
        Partition there = server.partition(partition.partition(), partition.topicId());
        if (there == null) {
            return;
        }
        long mark = there.highWatermark();
        while (position < mark) {
            long before = position;
            for (RecordBatch batch : RecordBatch.in(there.log().read(position, mark, MOST_BYTES))) {
                replay(batch);
                position = batch.lastOffset() + 1;
                promises.check(state());
            }
            position = position == before ? mark : position; // nothing is left of what came last
        }
        checkLeader(server, there);
    }

    private void checkLeader(SimulatedServer server, Partition there) {
        if (there.state().isLeading() && there.state().leaderEpoch() > leaderEpoch) {
            leaderEpoch = there.state().leaderEpoch();
            leaderships++;
            if (there.log().logEndOffset() < position) {
                promises.broken(new AssertionError("server " + server.id() + " leads " + partition + " in epoch " + leaderEpoch
                        + " and has records up to " + there.log().logEndOffset() + ", but those up to " + position
                        + " were committed"));
            }
        }
    }

    private void replay(RecordBatch batch) {
        try (RecordIterator iterator = batch.records()) {
            while (!batch.isControl() && iterator.hasNext()) {
                Record next = iterator.next();
                if (next.offset() >= position) {
                    GroupKey key = codec.readKey(next.key());
                    machine.replay(key, next.value() == null ? null : codec.readValue(key, next.value()));
                }
            }
        }
    }
}
