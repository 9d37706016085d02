package io.millrace.client;

import java.nio.charset.StandardCharsets;

/**
 * Who writes in the present transaction of a transactional id. A value: the end of a transaction gives the one that goes on.
 *
 * @param epoch of the producer, 0 to 32767
 */
public record TransactionalProducer(String transactionalId, long producerId, int epoch) {
    private static final String HEX = "0123456789ABCDEF";

    /** What the header {@code Millrace-Transaction} says: the id is percent-encoded UTF-8 where it is not visible ASCII. */
    String header() {
        StringBuilder text = new StringBuilder();
        for (byte each : transactionalId.getBytes(StandardCharsets.UTF_8)) {
            if (each > ' ' && each < 0x7f && each != '%' && each != ';') {
                text.append((char) each);
            } else {
                text.append('%').append(HEX.charAt(each >> 4 & 0xf)).append(HEX.charAt(each & 0xf));
            }
        }
        return text.append(";epoch=").append(epoch).toString();
    }
}
