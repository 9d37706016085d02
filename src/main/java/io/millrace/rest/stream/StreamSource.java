package io.millrace.rest.stream;

import io.millrace.replica.hosting.ReadMemory;
import io.millrace.rest.dialect.RecordFormat;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Where the records of a stream come from. It is asked for one portion after the other, by one thread after the other. */
interface StreamSource {
    /** What was read at a time. It is told what became of it, by {@link #written} or {@link #lost}, of which the first call counts. */
    interface Portion {
        /** Whose records it may have; the reader must be allowed to read these. */
        Collection<String> topics();

        /** How keys and values are to be shown. */
        RecordFormat format();

        /** Of the batches that are held, in bytes. */
        long bytesRead();

        /** Headers of a stream that begins with it. */
        Map<String, String> head();

        /**
         * Renders as much as has room; the next portion goes on behind that.
         *
         * @throws io.millrace.rest.dialect.RequestException when it cannot be
         * @throws io.millrace.metadata.BrokerException      when it is not to be any more
         */
        void writeTo(StreamedPart part);

        /** All of what was rendered was handed to the connection. @param end of the stream by now, in bytes as they go over it */
        void written(long end);

        /** It was not, or not all of it. */
        void lost();
    }

    /** The most that is read at a time, in bytes of batches; one is read whole. */
    int maxBytes();

    /** It is not read for some time, and goes on all the same. */
    void paused();

    /**
     * Reads on behind what was rendered.
     *
     * @param waitMs how long to wait while there is nothing, in ms
     * @param memory for what is read
     * @return fails with what is wrong; then the same may be asked again. Completed from outside, it gives up what may yet come
     */
    CompletableFuture<? extends Portion> next(long waitMs, ReadMemory memory);
}
