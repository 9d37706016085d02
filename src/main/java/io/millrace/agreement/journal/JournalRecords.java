package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import io.millrace.record.Codec;
import io.millrace.record.Header;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Registers as records of the journal: key and value of the record are the register's key and the text of its state.
 * The first and the last record of a snapshot say so in a header.
 */
final class JournalRecords {
    static final String SNAPSHOT = "snapshot";
    static final String BEGIN = "begin";
    static final String END = "end";

    private JournalRecords() {
    }

    static ByteBuffer change(long timestamp, String key, RegisterState state) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(timestamp, bytes(key), bytes(state.encode()), List.of());
        return batch.build();
    }

    /**
     * @param states     at least one
     * @param batchBytes a batch ends when it has reached this size
     */
    static List<ByteBuffer> snapshot(long timestamp, SortedMap<String, RegisterState> states, int batchBytes) {
        List<ByteBuffer> batches = new ArrayList<>();
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        boolean first = true;
        Iterator<Map.Entry<String, RegisterState>> entries = states.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<String, RegisterState> entry = entries.next();
            List<Header> marks = new ArrayList<>();
            if (first) {
                marks.add(new Header(SNAPSHOT, bytes(BEGIN)));
                first = false;
            }
            if (!entries.hasNext()) {
                marks.add(new Header(SNAPSHOT, bytes(END)));
            }
            batch.append(timestamp, bytes(entry.getKey()), bytes(entry.getValue().encode()), marks);
            if (batch.sizeInBytes() >= batchBytes || !entries.hasNext()) {
                batches.add(batch.build());
                batch = new RecordBatchBuilder(Codec.NONE);
            }
        }
        return batches;
    }

    static String text(ByteBuffer utf8) {
        return StandardCharsets.UTF_8.decode(utf8.duplicate()).toString();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
