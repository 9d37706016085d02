package io.millrace.bench;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What of another Java process's heap is in use, by jcmd. */
final class HeapInUse {
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");
    private static final double MIB = 1 << 20;

    private HeapInUse() {
    }

    /**
     * Makes the process collect all garbage, and counts what is left before anything else is done: a compaction allocates 100 MiB
     * until a second command would come. @return MiB
     */
    static double afterCollection(long pid) throws IOException, InterruptedException {
        Matcher total = TOTAL.matcher(FlightRecording.jcmd(pid, "GC.class_histogram"));
        if (!total.find()) {
            throw new IllegalStateException("jcmd GC.class_histogram does not say how much of the heap is used");
        }
        return Long.parseLong(total.group(1)) / MIB;
    }
}
