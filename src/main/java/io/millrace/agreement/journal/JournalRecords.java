package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Registers as records of the journal: key and value of the record are the register's key and the text of its state.
 */
final class JournalRecords {
    /** Header of the first and the last record of a snapshot of all registers, which earlier versions appended. */
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

    static String text(ByteBuffer utf8) {
        return StandardCharsets.UTF_8.decode(utf8.duplicate()).toString();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
