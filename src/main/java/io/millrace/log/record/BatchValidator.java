package io.millrace.log.record;

import java.nio.ByteBuffer;
import java.util.List;

/** Checks batches that come from outside before they reach a log: CRC, sizes, counts, codec, every record. */
public final class BatchValidator {
    private BatchValidator() {
    }

    /**
     * @param maxBatchBytes        largest batch as sent, header included
     * @param maxUncompressedBytes largest batch after decompression: the bound against zip bombs
     */
    public record Limits(int maxBatchBytes, int maxUncompressedBytes) {
    }

    /**
     * @param bytes one or more whole batches, position to limit
     * @return the batches, in order; never empty
     * @throws BatchTooLargeException when a batch passes a limit
     * @throws InvalidBatchException  when anything else is wrong
     */
    public static List<RecordBatch> validate(ByteBuffer bytes, Limits limits) {
        throw new UnsupportedOperationException();
    }
}
