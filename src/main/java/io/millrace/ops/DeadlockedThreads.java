package io.millrace.ops;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;

/** Finds threads that wait for each other for ever. */
final class DeadlockedThreads {
    private static final String OURS = "io.millrace.";

    private DeadlockedThreads() {
    }

    /** The names of those that run code of ours; other applications of the server answer for themselves. */
    static List<String> names() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long[] ids = threads.findDeadlockedThreads();
        if (ids == null) {
            return List.of();
        }
        return Arrays.stream(threads.getThreadInfo(ids, Integer.MAX_VALUE))
                .filter(thread -> thread != null && isOurs(thread)).map(ThreadInfo::getThreadName).toList();
    }

    private static boolean isOurs(ThreadInfo thread) {
        return Arrays.stream(thread.getStackTrace()).anyMatch(frame -> frame.getClassName().startsWith(OURS));
    }
}
