package io.millrace.ops;

import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** How many files and sockets this process may have open, and has; only some operating systems tell. */
final class Descriptors {
    private static final System.Logger LOG = System.getLogger(Descriptors.class.getName());
    /** What the application server, its classes and connections need beside the logs. */
    private static final long OF_OTHERS = 1_000;
    private static final int LEAST = 64;
    private static final int MOST = 100_000;

    private Descriptors() {
    }

    /** The most that the process may have; {@link Long#MAX_VALUE} when that is not known. */
    static long limit() {
        return attribute("MaxFileDescriptorCount", Long.MAX_VALUE);
    }

    /** What it may open yet; {@link Long#MAX_VALUE} when that is not known. */
    static long left() {
        return limit() - attribute("OpenFileDescriptorCount", 0);
    }

    /** How many of them the files of logs may take, by a limit of the process. */
    static int forLogs(long limit) {
        return (int) Math.max(LEAST, Math.min(MOST, (limit - OF_OTHERS) / 2));
    }

    private static long attribute(String name, long unknown) {
        try {
            Object value = ManagementFactory.getPlatformMBeanServer()
                    .getAttribute(new ObjectName("java.lang:type=OperatingSystem"), name);
            return value instanceof Long count && count >= 0 ? count : unknown;
        } catch (JMException notTold) {
            LOG.log(Level.DEBUG, "the number of open files is not known", notTold);
            return unknown;
        }
    }
}
