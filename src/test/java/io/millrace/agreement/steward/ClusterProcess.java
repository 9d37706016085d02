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
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One broker's process: changes registers until it is stopped, and writes a line for each change that was acknowledged:
 * "ack", key, version, value; and "participants", number when that of the brokers in the consensus changed. A line with
 * keys on its standard input makes it read these, and answer with a line "read", key, version, value for each, then
 * "end"; the line "close" makes it leave in order.
 */
final class ClusterProcess {
    private static final String HOST = "127.0.0.1";
    private static final int OWN_KEYS = 3;
    private static final long PAUSE_MILLIS = 20;

    private ClusterProcess() {
    }

    static Process start(int brokerId, List<Integer> ports, Path journalRoot, Path errors) throws IOException {
        List<String> command = new ArrayList<>(List.of(
            ProcessHandle.current().info().command().orElse("java"), "-Xmx160m", "-XX:TieredStopAtLevel=1",
            "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(argument -> argument.startsWith("--add-")).forEach(command::add);
        command.addAll(List.of(ClusterProcess.class.getName(), Integer.toString(brokerId), journalRoot.toString()));
        ports.forEach(port -> command.add(Integer.toString(port)));
        return new ProcessBuilder(command).redirectError(Redirect.appendTo(errors.toFile())).start();
    }

    public static void main(String[] arguments) throws IOException {
        int brokerId = Integer.parseInt(arguments[0]);
        List<String> members = new ArrayList<>();
        for (int i = 2; i < arguments.length; i++) {
            members.add(HOST + ":" + arguments[i]);
        }
        ExecutorService executor = Executors.newCachedThreadPool();
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        ClusterNode node = ClusterNode.start(new ClusterOptions("test", brokerId, HOST,
            MemberAddress.parse(members.get(brokerId)).port(), Path.of(arguments[1]), members, members.size(), null,
            "secret", "http://broker-" + brokerId, null), executor);
        String run = brokerId + "-" + ProcessHandle.current().pid();
        executor.execute(() -> changeForEver(node.registers(), "shared", run, out));
        for (int i = 0; i < OWN_KEYS; i++) {
            String key = "own-" + brokerId + "-" + i;
            executor.execute(() -> changeForEver(node.registers(), key, run, out));
        }
        executor.execute(() -> tellParticipants(node, out));
        answerRequests(node, out);
        Runtime.getRuntime().halt(0);
    }

    private static void tellParticipants(ClusterNode node, PrintStream out) {
        int told = 0;
        while (!out.checkError()) {
            int now = node.status().available() ? node.status().cpMembers().size() : 0;
            if (now != told) {
                out.println("participants " + now);
                told = now;
            }
            pause();
        }
    }

    private static void answerRequests(ClusterNode node, PrintStream out) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals("close")) {
                node.close();
                return;
            }
            for (String key : line.split(" ")) {
                Register found = read(node.registers(), key);
                out.println("read " + key + " " + (found == null ? "0 -" : found.version() + " " + found.value()));
            }
            out.println("end");
        }
    }

    private static Register read(RegisterStore store, String key) {
        while (true) {
            try {
                return store.read(key).orElse(null);
            } catch (RegisterUnavailableException e) {
                pause();
            }
        }
    }

    private static void changeForEver(RegisterStore store, String key, String run, PrintStream out) {
        for (int count = 0; !out.checkError(); count++) {
            try {
                String value = "\"" + run + "-" + count + "\"";
                Optional<Register> found = store.read(key);
                store.compareAndSet(key, found.map(Register::version).orElse(RegisterStore.ABSENT), value)
                    .ifPresent(now -> out.println("ack " + key + " " + now.version() + " " + value));
            } catch (RegisterUnavailableException e) {
                // The agreement changes hands.
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
