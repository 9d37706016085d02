package io.millrace.coordinator;

/**
 * How far a partition has been read into memory.
 *
 * @param startOffset where its log began
 * @param position    up to where it was read
 * @param endOffset   up to where it is to be read
 * @param records     that were read
 * @param millis      since it was begun
 */
public record LoadProgress(long startOffset, long position, long endOffset, long records, long millis) {
}
