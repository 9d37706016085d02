package io.millrace.rest.stream;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.ErrorBody;
import io.millrace.rest.dialect.ErrorStatus;
import io.millrace.rest.dialect.ProduceResultWriter;
import io.millrace.rest.dialect.ReusedBytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What became of records that came in lines. The sum of it is bounded by the number of partitions. Used by one thread. */
final class LineAnswer {
    /** Of one partition. */
    private record Written(long count, long first, long last) {
        Written and(long offset) {
            return new Written(count + 1, Math.min(first, offset), Math.max(last, offset));
        }
    }

    private final Map<Integer, Written> partitions = new TreeMap<>();
    private long written;
    private long refused;
    private ErrorBody firstError;
    private BrokerException ending;

    /**
     * Counts what became of some records.
     *
     * @param numbers of their lines
     */
    void add(ProduceResult result, List<Long> numbers) {
        for (int i = 0; i < result.recordCount(); i++) {
            BrokerException error = result.error(i);
            if (error == null) {
                written++;
                long offset = result.offset(i);
                partitions.merge(result.partition(i), new Written(1, offset, offset), (before, one) -> before.and(offset));
                continue;
            }
            refused++;
            if (firstError == null) {
                firstError = new ErrorBody(ErrorStatus.of(error.kind()), "line " + numbers.get(i) + ": " + error.getMessage());
            }
            if (ending == null && error.kind() != ErrorKind.UNKNOWN_PARTITION) {
                ending = new BrokerException(error.kind(), "line " + numbers.get(i) + ": " + error.getMessage());
            }
        }
    }

    /** How many records were written. */
    long written() {
        return written;
    }

    /** Why nothing more is to be written; null: nothing went wrong but for single records. */
    BrokerException ending() {
        return ending;
    }

    /** Of records that have an error of their own. */
    ErrorBody firstError() {
        return firstError;
    }

    /** Where each record went, a line each. */
    static byte[] lines(ProduceResult result) {
        return ProduceResultWriter.toLines(result);
    }

    /** The sum of all. */
    byte[] sum() {
        ReusedBytes out = new ReusedBytes(256);
        put(out, "{\"records\":", written);
        put(out, ",\"errors\":", refused);
        if (firstError != null) {
            put(out, ",\"first_error\":");
            out.put(firstError.toJson());
        }
        String before = ",\"partitions\":[";
        for (Map.Entry<Integer, Written> each : partitions.entrySet()) {
            put(out, before + "{\"partition\":", each.getKey());
            put(out, ",\"count\":", each.getValue().count());
            put(out, ",\"first_offset\":", each.getValue().first());
            put(out, ",\"last_offset\":", each.getValue().last());
            put(out, "}");
            before = ",";
        }
        put(out, partitions.isEmpty() ? before + "]}" : "]}");
        return out.toByteArray();
    }

    private static void put(ReusedBytes out, String name, long number) {
        put(out, name);
        out.putDecimal(number);
    }

    private static void put(ReusedBytes out, String text) {
        out.put(text.getBytes(StandardCharsets.US_ASCII));
    }
}
