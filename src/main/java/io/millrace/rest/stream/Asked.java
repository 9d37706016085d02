package io.millrace.rest.stream;

import io.millrace.rest.dialect.StreamForm;
import java.util.function.Consumer;

/**
 * What a client wants of a stream.
 *
 * @param gzip    whether it is to be compressed, if there is memory for that
 * @param head    whether only its head is wanted
 * @param caller  see {@link io.millrace.rest.cluster.CallerAddress}
 * @param reading refuses topics that the caller may not read; asked again as the stream goes on
 */
public record Asked(StreamForm form, boolean gzip, boolean head, String caller, Consumer<String> reading) {
}
