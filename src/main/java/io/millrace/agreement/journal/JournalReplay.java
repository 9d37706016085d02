package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import io.millrace.log.CorruptLogException;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.Header;
import io.millrace.record.InvalidBatchException;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads the whole journal and keeps the highest version of each register, in whatever order they stand. Whatever is not
 * as it was written, a missing beginning or a gap included, is an error: there is no register that may be left out.
 */
final class JournalReplay {
    private static final int READ_BYTES = 1 << 20;

    private final Path root;
    private final PartitionLog log;
    private final TreeMap<String, RegisterState> states = new TreeMap<>();
    private boolean snapshotBegun;
    /** Whether a record of every register's newest version, or an older one of that register, has been read. */
    private boolean complete;

    private JournalReplay(Path root, PartitionLog log) {
        this.root = root;
        this.log = log;
        this.complete = log.logStartOffset() == 0;
    }

    /** @throws DamagedJournalException when a byte of it is not as it was written */
    static Map<String, RegisterState> of(Path root, PartitionLog log) {
        JournalReplay replay = new JournalReplay(root, log);
        try {
            replay.run();
        } catch (CorruptLogException | InvalidBatchException e) {
            throw new DamagedJournalException(root, e.getMessage(), e);
        }
        return replay.states;
    }

    private void run() {
        long offset = log.logStartOffset();
        long end = log.logEndOffset();
        while (offset < end) {
            long next = replay(log.read(offset, end, READ_BYTES), offset);
            if (next == offset) {
                throw damage("nothing can be read at offset " + offset + ", the log ends at " + end);
            }
            offset = next;
        }
        if (!complete) {
            throw damage("it begins at offset " + log.logStartOffset() + ", and holds no snapshot of what was before");
        }
    }

    /** @return the offset after the last record of these batches */
    private long replay(ByteBuffer batches, long offset) {
        long next = offset;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            if (batch.baseOffset() != next) {
                throw damage("offset " + next + " is missing, the next one is " + batch.baseOffset());
            }
            try (RecordIterator records = batch.records()) {
                records.forEachRemaining(this::replay);
            }
            next = batch.lastOffset() + 1;
        }
        return next;
    }

    private void replay(Record record) {
        if (record.key() == null || record.value() == null) {
            throw damage("the record at offset " + record.offset() + " lacks key or value");
        }
        complete |= JournalRecords.text(record.key()).equals(Journal.WHOLE);
        try {
            RegisterState state = RegisterState.decode(JournalRecords.text(record.value()));
            states.merge(JournalRecords.text(record.key()), state,
                (held, read) -> read.isNewerThan(held) ? read : held);
        } catch (IllegalArgumentException e) {
            throw new DamagedJournalException(root, "the record at offset " + record.offset() + " is "
                + e.getMessage(), e);
        }
        for (Header header : record.headers()) {
            if (header.key().equals(JournalRecords.SNAPSHOT)) {
                mark(JournalRecords.text(header.value()));
            }
        }
    }

    private void mark(String mark) {
        if (mark.equals(JournalRecords.BEGIN)) {
            snapshotBegun = true;
        } else if (mark.equals(JournalRecords.END)) {
            complete |= snapshotBegun;
        }
    }

    private DamagedJournalException damage(String reason) {
        return new DamagedJournalException(root, reason, null);
    }
}
