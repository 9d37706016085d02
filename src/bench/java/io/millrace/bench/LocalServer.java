package io.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One packaged server, run through {@code deploy/local.sh}; stopped and wiped when closed. */
final class LocalServer implements AutoCloseable {
    /** Its own, below the ephemeral ports, so that servers which someone tries out are left alone. */
    private static final int BASE_PORT = 19_280;
    private static final int PORT = BASE_PORT + 1;
    private static final Pattern PID = Pattern.compile("\\(pid (\\d+)\\)");

    private final Path project;
    private final Path output;
    private final Map<String, String> environment = new HashMap<>();
    private long pid;

    private LocalServer(Path project, Path work, Map<String, String> environment) {
        this.project = project;
        this.output = work.resolve("local.sh.txt");
        this.environment.putAll(environment);
        this.environment.put("MILLRACE_LOCAL_DIR", work.resolve("server").toString());
        this.environment.put("MILLRACE_LOCAL_PORT", Integer.toString(BASE_PORT));
    }

    /** @param environment added to this process's own: configuration of the server */
    static LocalServer start(Path project, Path work, Map<String, String> environment)
            throws IOException, InterruptedException {
        LocalServer server = new LocalServer(project, work, environment);
        if (PID.matcher(server.script("status")).find()) {
            throw new IOException("a server of an earlier run is still there: MILLRACE_LOCAL_DIR="
                    + work.resolve("server") + " deploy/local.sh wipe");
        }
        // what a run that was broken off left behind
        server.script("wipe");
        try {
            server.script("start", "1");
            server.pid = server.readPid();
        } catch (IOException e) {
            server.close();
            throw e;
        }
        return server;
    }

    InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", PORT);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + PORT);
    }

    long pid() {
        return pid;
    }

    private long readPid() throws IOException, InterruptedException {
        Matcher found = PID.matcher(script("status"));
        if (!found.find()) {
            throw new IOException("deploy/local.sh status names no pid: see " + output);
        }
        return Long.parseLong(found.group(1));
    }

    private String script(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = project.resolve("deploy/local.sh").toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        ProcessBuilder builder = new ProcessBuilder(command).directory(project.toFile())
                .redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        int exit = builder.start().waitFor();
        String said = Files.readString(output, StandardCharsets.UTF_8);
        if (exit != 0 && !arguments[0].equals("status")) {
            throw new IOException("deploy/local.sh " + String.join(" ", arguments) + " ended with " + exit + ": " + said);
        }
        return said;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        script("stop");
        script("wipe");
    }
}
