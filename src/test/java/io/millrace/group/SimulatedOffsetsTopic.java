package io.millrace.group;

import io.millrace.broker.SimulatedTime;
import io.millrace.coordinator.SimulatedInternalTopic;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupRecordCodec;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** The offsets topic of simulated servers, and what is committed in it. */
final class SimulatedOffsetsTopic extends SimulatedInternalTopic {
    private static final long NOT_OPEN = -1;

    /** @param open producer in whose open transaction it was written, or {@link #NOT_OPEN} */
    private record Written(GroupValue value, long open) {
    }

    private final Runnable committed;
    private final GroupRecordCodec codec = new GroupRecordCodec();
    private final GroupMachine state = new GroupMachine();
    private final Map<GroupKey, TreeMap<Long, Written>> written = new HashMap<>();
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
        if (batch.isControl()) {
            end(batch);
            return;
        }
        try (RecordIterator iterator = batch.records()) {
            while (iterator.hasNext()) {
                Record next = iterator.next();
                GroupKey key = codec.readKey(next.key());
                GroupValue value = next.value() == null ? null : codec.readValue(key, next.value());
                written.computeIfAbsent(key, added -> new TreeMap<>()).put(next.offset(),
                        new Written(value, batch.isTransactional() ? batch.producerId() : NOT_OPEN));
                records++;
                look(key);
            }
        }
    }

    private void end(RecordBatch batch) {
        boolean commits = EndTransactionMarker.of(batch).orElseThrow().type() == EndTransactionMarker.Type.COMMIT;
        for (Map.Entry<GroupKey, TreeMap<Long, Written>> each : written.entrySet()) {
            TreeMap<Long, Written> of = each.getValue();
            if (of.values().removeIf(one -> one.open() == batch.producerId() && !commits)) {
                look(each.getKey());
            }
            of.replaceAll((offset, one) -> one.open() == batch.producerId() ? new Written(one.value(), NOT_OPEN) : one);
            look(each.getKey());
        }
    }

    /** What counts of a key is the last of what is not part of an open transaction, by the offsets of the records. */
    private void look(GroupKey key) {
        TreeMap<Long, Written> all = written.get(key);
        Map.Entry<Long, Written> last = all.descendingMap().entrySet().stream().filter(each -> each.getValue().open() == NOT_OPEN)
                .findFirst().orElse(null);
        if (last != null) {
            all.headMap(last.getKey()).clear();
        }
        state.replay(key, last == null ? null : last.getValue().value());
        state.pending(key, all.values().stream().filter(each -> each.open() != NOT_OPEN).map(Written::value).toList());
    }
}
