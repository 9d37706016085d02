package io.millrace.rest.dialect;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerException;
import java.nio.charset.StandardCharsets;

/** Renders where the records of a request went, {@code {"offsets":[{"partition":0,"offset":7},..]}}. */
public final class ProduceResultWriter {
    private static final byte[] OFFSETS = "{\"offsets\":[".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PARTITION = "{\"partition\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OFFSET = ",\"offset\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "]}".getBytes(StandardCharsets.US_ASCII);
    private static final int BYTES_OF_AN_ENTRY = 32;
    private static final int BYTES_OF_A_REFUSAL = 128;

    private ProduceResultWriter() {
    }

    /** The memory that rendering this many records takes, in bytes. */
    public static long bytesFor(int records) {
        return OFFSETS.length + END.length + (long) records * BYTES_OF_AN_ENTRY;
    }

    /** As above. @param refused how many of them have an error of their own in their place */
    public static long bytesFor(int records, int refused) {
        return bytesFor(records) + (long) refused * BYTES_OF_A_REFUSAL;
    }

    /**
     * In the order of the request; a record whose partition's append failed has an error in its place.
     *
     * @throws BrokerException when the appends of all records failed: the error of the first
     */
    public static byte[] toJson(ProduceResult result) {
        ReusedBytes out = new ReusedBytes(Math.toIntExact(bytesFor(result.recordCount())));
        out.put(OFFSETS);
        BrokerException first = null;
        int failed = 0;
        for (int i = 0; i < result.recordCount(); i++) {
            if (i > 0) {
                out.put((byte) ',');
            }
            BrokerException error = put(out, result, i);
            if (error != null) {
                first = first == null ? error : first;
                failed++;
            }
        }
        if (first != null && failed == result.recordCount()) {
            throw first;
        }
        out.put(END);
        return out.toByteArray();
    }

    /** As above, a line for each record, and without the list around them. */
    public static byte[] toLines(ProduceResult result) {
        ReusedBytes out = new ReusedBytes(Math.toIntExact(bytesFor(result.recordCount())));
        for (int i = 0; i < result.recordCount(); i++) {
            put(out, result, i);
            out.put((byte) '\n');
        }
        return out.toByteArray();
    }

    /** @return what is in the record's place; null: where it went */
    private static BrokerException put(ReusedBytes out, ProduceResult result, int record) {
        BrokerException error = result.error(record);
        if (error != null) {
            new ErrorBody(ErrorStatus.of(error.kind()), error.getMessage()).writeTo(out);
            return error;
        }
        out.put(PARTITION);
        out.putDecimal(result.partition(record));
        out.put(OFFSET);
        out.putDecimal(result.offset(record));
        out.put((byte) '}');
        return null;
    }
}
