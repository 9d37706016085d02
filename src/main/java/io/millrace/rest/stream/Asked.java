package io.millrace.rest.stream;

import io.millrace.rest.dialect.StreamForm;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What a client wants of a stream.
 *
 * @param gzip    whether it is to be compressed, if there is memory for that
 * @param head    whether only its head is wanted
 * @param pauseMs how long the reader is over its quota yet, in ms; 0: it is not; asked as the stream goes on
 * @param caller  see {@link io.millrace.rest.cluster.CallerAddress}
 * @param reading refuses topics that the caller may not read; asked again as the stream goes on
 */
public record Asked(StreamForm form, boolean gzip, boolean head, LongSupplier pauseMs, String caller, Consumer<String> reading) {
}
