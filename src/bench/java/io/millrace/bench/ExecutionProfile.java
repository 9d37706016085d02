package io.millrace.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where the time of a flight recording went: its samples of Java and of native methods (a system call shows as the one that
 * made it) by the package that asked for the work, by Millrace
 * method nearest to the top of the stack, and by the method at the top. Can be run on any recording:
 * {@code java -cp target/test-classes io.millrace.bench.ExecutionProfile FILE.jfr}.
 */
public final class ExecutionProfile {
    private static final String OURS = "io.millrace.";
    private static final List<String> OTHERS = List.of("com.hazelcast.", "org.jboss.resteasy.", "com.ibm.ws.http.",
            "io.openliberty.http.", "com.ibm.ws.webcontainer", "com.ibm.ws.channel", "com.ibm.ws.tcpchannel",
            "com.ibm.ws.bytebuffer", "org.jboss.weld.", "io.smallrye.", "io.openliberty.", "com.ibm.");
    private static final Set<String> WORK = Set.of("jdk.ExecutionSample", "jdk.NativeMethodSample");
    /** Native methods in which a thread waits for something to come, as far as a sample can tell. */
    private static final Set<String> WAITING = Set.of("sun.nio.ch.EPoll.wait", "sun.nio.ch.Net.accept",
            "sun.nio.ch.Net.poll", "java.lang.ProcessHandleImpl.waitForProcessExit0", "java.lang.Object.wait",
            "com.ibm.ws.kernel.boot.internal.commands.ServerCommandListener.run");
    private static final int LINES = 25;

    private final Map<String, Integer> byRoom = new HashMap<>();
    private final Map<String, Integer> byOurMethod = new HashMap<>();
    private final Map<String, Integer> byTop = new HashMap<>();
    private final Map<String, Integer> byThread = new HashMap<>();
    private int samples;

    private ExecutionProfile() {
    }

    public static void main(String[] arguments) throws IOException {
        of(Path.of(arguments[0])).print(System.out);
    }

    static ExecutionProfile of(Path recording) throws IOException {
        ExecutionProfile profile = new ExecutionProfile();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                if (WORK.contains(event.getEventType().getName()) && event.getStackTrace() != null) {
                    profile.add(event.getThread("sampledThread"), event.getStackTrace().getFrames());
                }
            }
        }
        return profile;
    }

    private void add(RecordedThread thread, List<RecordedFrame> frames) {
        String top = name(frames.get(0).getMethod());
        if (WAITING.contains(top)) {
            return;
        }
        samples++;
        byTop.merge(top, 1, Integer::sum);
        String threadName = thread == null || thread.getJavaName() == null ? "?" : thread.getJavaName();
        byThread.merge(threadName.replaceAll("\\d+", "#"), 1, Integer::sum);
        String ours = null;
        String other = null;
        for (RecordedFrame frame : frames) {
            String type = frame.getMethod().getType().getName();
            if (ours == null && type.startsWith(OURS)) {
                ours = name(frame.getMethod());
                byRoom.merge(type.substring(0, type.lastIndexOf('.')), 1, Integer::sum);
                break;
            }
            if (other == null) {
                other = OTHERS.stream().filter(type::startsWith).findFirst().orElse(null);
            }
        }
        if (ours == null) {
            byRoom.merge(other == null ? "the JDK alone" : other, 1, Integer::sum);
        } else {
            byOurMethod.merge(ours, 1, Integer::sum);
        }
    }

    private static String name(RecordedMethod method) {
        return method.getType().getName() + "." + method.getName();
    }

    void print(PrintStream out) {
        out.printf("%d samples%n", samples);
        print(out, "by the package that asked for the work", byRoom);
        print(out, "by Millrace method nearest to the top", byOurMethod);
        print(out, "by method at the top", byTop);
        print(out, "by thread", byThread);
    }

    private void print(PrintStream out, String title, Map<String, Integer> counts) {
        out.printf("%n%s%n", title);
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .limit(LINES)
                .forEach(entry -> out.printf(Locale.ROOT, "%6.1f %%  %s%n",
                        100.0 * entry.getValue() / samples, entry.getKey()));
    }
}
