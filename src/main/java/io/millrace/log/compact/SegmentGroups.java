package io.millrace.log.compact;

import java.util.ArrayList;
import java.util.List;

/** Which successive segments are written anew as one, so that a log does not end in many that are almost empty. */
final class SegmentGroups {
    private SegmentGroups() {
    }

    /**
     * @param segments ascending
     * @param maxBytes of a segment that is made of several
     */
    static List<List<BoundedSegment>> of(List<BoundedSegment> segments, long maxBytes) {
        List<List<BoundedSegment>> groups = new ArrayList<>();
        List<BoundedSegment> group = new ArrayList<>();
        long bytes = 0;
        for (BoundedSegment next : segments) {
            long size = next.segment().sizeInBytes();
            boolean fits = group.isEmpty() || bytes + size <= maxBytes
                && next.endOffset() - 1 - group.get(0).segment().baseOffset() <= Integer.MAX_VALUE;
            if (!fits) {
                groups.add(List.copyOf(group));
                group.clear();
                bytes = 0;
            }
            group.add(next);
            bytes += size;
        }
        if (!group.isEmpty()) {
            groups.add(List.copyOf(group));
        }
        return groups;
    }
}
