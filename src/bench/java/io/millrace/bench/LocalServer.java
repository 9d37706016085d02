package io.millrace.bench;

import io.millrace.process.Links;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One packaged server, or a cluster of them, run through {@code deploy/local.sh}; stopped and wiped when closed. */
final class LocalServer implements AutoCloseable {
    private static final Pattern PID = Pattern.compile("\\(pid (\\d+)\\)");

    private final Path project;
    private final int basePort;
    private final Path folder;
    private final Path output;
    /** Between the servers; null: all are on one host. */
    private final Links links;
    private final Map<String, String> environment = new HashMap<>();
    private final List<Long> pids = new ArrayList<>();

    private LocalServer(BenchOptions options, Path work, Map<String, String> environment, Links links) {
        this.project = options.project();
        this.basePort = options.port();
        this.folder = work.resolve("server");
        this.links = links;
        this.output = work.resolve("local.sh.txt");
        this.environment.putAll(environment);
        this.environment.put("MILLRACE_LOCAL_DIR", folder.toString());
        this.environment.put("MILLRACE_LOCAL_PORT", Integer.toString(basePort));
        if (links != null) {
            this.environment.put("MILLRACE_LOCAL_NAMESPACES", links.prefix());
        }
    }

    /** @param environment added to this process's own: configuration of the server */
    static LocalServer start(BenchOptions options, Path work, Map<String, String> environment)
            throws IOException, InterruptedException {
        return start(options, work, environment, 1);
    }

    /** @param count servers: 1, or 3 and more for a cluster */
    static LocalServer start(BenchOptions options, Path work, Map<String, String> environment, int count)
            throws IOException, InterruptedException {
        return start(new LocalServer(options, work, environment, null), count);
    }

    /** A cluster whose servers' links can be cut. */
    static LocalServer start(BenchOptions options, Path work, Links links, int count) throws IOException, InterruptedException {
        return start(new LocalServer(options, work, Map.of(), links), count);
    }

    private static LocalServer start(LocalServer server, int count) throws IOException, InterruptedException {
        if (PID.matcher(server.script("status")).find()) {
            throw new IOException("a server of an earlier run is still there: MILLRACE_LOCAL_DIR="
                    + server.folder + " deploy/local.sh wipe");
        }
        // what a run that was broken off left behind
        server.script("wipe");
        try {
            server.script("start", Integer.toString(count));
            server.readPids();
        } catch (IOException e) {
            server.close();
            throw e;
        }
        return server;
    }

    InetSocketAddress address() {
        return address(1);
    }

    InetSocketAddress address(int server) {
        return new InetSocketAddress(host(server), basePort + server);
    }

    URI uri() {
        return uri(1);
    }

    URI uri(int server) {
        return URI.create("http://" + host(server) + ":" + (basePort + server));
    }

    private String host(int server) {
        return links == null ? "127.0.0.1" : links.address(server);
    }

    /** Where a server keeps its logs. */
    Path data(int server) {
        return folder.resolve(Integer.toString(server)).resolve("data");
    }

    long pid() {
        return pids.get(0);
    }

    /** Of all servers, as of the last start. */
    List<Long> pids() {
        return List.copyOf(pids);
    }

    /** A command of the script, for one server. */
    void run(String command, int server) throws IOException, InterruptedException {
        script(command, Integer.toString(server));
    }

    /** Starts those that do not run, and waits until all are ready. */
    void startAll(int count) throws IOException, InterruptedException {
        script("start", Integer.toString(count));
        readPids();
    }

    private void readPids() throws IOException, InterruptedException {
        Matcher found = PID.matcher(script("status"));
        pids.clear();
        while (found.find()) {
            pids.add(Long.parseLong(found.group(1)));
        }
        if (pids.isEmpty()) {
            throw new IOException("deploy/local.sh status names no pid: see " + output);
        }
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
