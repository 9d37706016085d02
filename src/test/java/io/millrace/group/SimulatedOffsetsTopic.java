package io.millrace.group;

import io.millrace.broker.SimulatedTime;
import io.millrace.coordinator.SimulatedInternalTopic;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupRecordCodec;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import java.util.List;
import java.util.Random;

/** The offsets topic of simulated servers, and what is committed in it. */
final class SimulatedOffsetsTopic extends SimulatedInternalTopic {
    private final Runnable committed;
    private final GroupRecordCodec codec = new GroupRecordCodec();
    private final GroupMachine state = new GroupMachine();
    /** How many records were committed, and how many bytes they were. */
    int records;
    long bytes;

    /** @param committed called after what is committed has changed */
    SimulatedOffsetsTopic(SimulatedTime time, Random random, Faults faults, Runnable committed) {
        super(InternalTopic.OFFSETS, time, random, faults);
        this.committed = committed;
    }

    /** What is committed. */
    GroupMachine state() {
        return state;
    }

    @Override
    protected void committed(List<RecordBatch> batches) {
        for (RecordBatch batch : batches) {
            bytes += batch.sizeInBytes();
            replay(batch);
        }
        committed.run();
    }

    private void replay(RecordBatch batch) {
        try (RecordIterator iterator = batch.records()) {
            while (iterator.hasNext()) {
                Record next = iterator.next();
                GroupKey key = codec.readKey(next.key());
                state.replay(key, next.value() == null ? null : codec.readValue(key, next.value()));
                records++;
            }
        }
    }
}
