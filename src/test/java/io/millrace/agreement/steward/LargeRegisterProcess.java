package io.millrace.agreement.steward;

import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.MemberAddress;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One broker's process with little heap. The line "write", number on its standard input makes it write a large register so many
 * times and answer "written", ms; the line "heap" makes it answer "live", bytes that are live after a collection. An exhausted heap
 * ends it.
 */
final class LargeRegisterProcess {
    static final int HEAP_MB = 96;
    private static final int VALUE_BYTES = 60_000;
    private static final String HOST = "127.0.0.1";

    private LargeRegisterProcess() {
    }

    static Process start(int brokerId, List<Integer> ports, Path folder) throws IOException {
        List<String> command = new ArrayList<>(List.of(
            ProcessHandle.current().info().command().orElse("java"), "-Xmx" + HEAP_MB + "m", "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(argument -> argument.startsWith("--add-")).forEach(command::add);
        command.addAll(List.of(LargeRegisterProcess.class.getName(), Integer.toString(brokerId),
            folder.resolve("journal-" + brokerId).toString()));
        ports.forEach(port -> command.add(Integer.toString(port)));
        return new ProcessBuilder(command).redirectError(Redirect.appendTo(folder.resolve("errors-" + brokerId).toFile())).start();
    }

    public static void main(String[] arguments) throws IOException {
        int brokerId = Integer.parseInt(arguments[0]);
        List<String> members = new ArrayList<>();
        for (int i = 2; i < arguments.length; i++) {
            members.add(HOST + ":" + arguments[i]);
        }
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        ClusterNode node = ClusterNode.start(new ClusterOptions("large", brokerId, HOST,
            MemberAddress.parse(members.get(brokerId)).port(), Path.of(arguments[1]), members, members.size(), null,
            "secret", "http://broker-" + brokerId, null), Executors.newCachedThreadPool());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals("write")) {
                long begun = System.nanoTime();
                write(node.registers(), Integer.parseInt(words[1]));
                out.println("written " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            } else {
                System.gc();
                out.println("live " + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private static void write(RegisterStore store, int times) {
        for (int written = 0; written < times;) {
            try {
                long version = store.read("large").map(Register::version).orElse(RegisterStore.ABSENT);
                String number = Integer.toString(written);
                Optional<Register> now = store.compareAndSet("large", version,
                    "\"" + number + "x".repeat(VALUE_BYTES - number.length()) + "\"");
                written += now.isPresent() ? 1 : 0;
            } catch (RegisterUnavailableException e) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20)); // the agreement is being formed
            }
        }
    }
}
