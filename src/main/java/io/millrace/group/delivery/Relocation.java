package io.millrace.group.delivery;

import io.millrace.group.offsets.Position;

/**
 * A member is to go on somewhere else, because the log does not have its position any more: retention overtook it, or a leader was
 * elected that did not have all that the member had read.
 *
 * @param to    where it goes on
 * @param first the first offset that one can go on from
 * @param last  the last such offset: of the log, or of what it has in common with what was read
 */
public record Relocation(Position to, long first, long last) {
    /** Whether nobody could go on from this committed offset either. */
    public boolean concerns(long committed) {
        return committed < first || committed > last;
    }
}
