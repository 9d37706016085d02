package io.millrace.replica.hosting;

import java.nio.ByteBuffer;

/**
 * @param offset         where the fetch began, resolved; the first batch may hold records before it
 * @param nextOffset     the offset after the last record in {@code batches}, or {@code offset} when there is none
 * @param highWatermark  offset up to which (exclusive) records can be fetched now; {@link #NOT_KNOWN} while a new
 *                       leader does not know it for certain
 * @param logStartOffset the first offset that can be fetched
 * @param leaderEpoch    of the last record in {@code batches}; when there is none, what the request said
 * @param batches        whole record batches, checked
 */
public record FetchResult(long offset, long nextOffset, long highWatermark, long logStartOffset, int leaderEpoch,
                          ByteBuffer batches) {
    public static final long NOT_KNOWN = -1;
}
