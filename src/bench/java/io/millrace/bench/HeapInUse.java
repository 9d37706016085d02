package io.millrace.bench;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What of another Java process's heap is in use, by jcmd. */
final class HeapInUse {
    private static final Pattern USED = Pattern.compile("\\bused (\\d+)K");

    private HeapInUse() {
    }

    /** Makes the process collect all garbage first. @return MiB */
    static double afterCollection(long pid) throws IOException, InterruptedException {
        FlightRecording.jcmd(pid, "GC.run");
        Matcher used = USED.matcher(FlightRecording.jcmd(pid, "GC.heap_info"));
        if (!used.find()) {
            throw new IllegalStateException("jcmd GC.heap_info does not say how much of the heap is used");
        }
        return Long.parseLong(used.group(1)) / 1024.0;
    }
}
