package io.millrace.group.delivery;

/**
 * What this broker has written of an answer to a poll, as a broker that passes it on knows it.
 *
 * @param number of the poll, or of the stream that the answer is a part of
 * @param end    of a part: after how many bytes of the stream it ends; 0: the answer is no part of one
 */
public record HandedOn(long number, long end) {
    public HandedOn {
        if (end < 0) {
            throw new IllegalArgumentException("a part of a stream cannot end before its begin: " + end);
        }
    }
}
