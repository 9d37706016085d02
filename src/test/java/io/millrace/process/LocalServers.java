package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Server processes of the built package, run by {@code deploy/local.sh} in a folder and at ports of their own. */
public final class LocalServers implements AutoCloseable {
    /** The cluster's ports are so far above; all stay below those that Linux gives to clients. */
    static final int CLUSTER_PORT_DISTANCE = 5_000;
    private static final int FIRST_BASE_PORT = 20_000;
    private static final int LAST_BASE_PORT = 24_990;
    private static final int PORTS = 3;
    /** Long: a start takes ten seconds, but minutes on a machine with much else to do. */
    private static final int START_SECONDS = 400;
    private static final long PATIENCE_MINUTES = 10;

    private final Path project = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private final Path folder;
    private final int basePort = freeBasePort();
    private final Map<String, String> environment = new HashMap<>();
    /** Null: all are on one host. */
    private Links links;

    /** How a command ended and what it printed, errors included. */
    public record Outcome(int exitCode, String output) {
        Outcome succeeded() {
            assertThat(exitCode).as(output).isZero();
            return this;
        }

        Outcome failed() {
            assertThat(exitCode).as(output).isNotZero();
            return this;
        }
    }

    /** @param name of a folder that nothing else uses; what an earlier run left in it is removed */
    public LocalServers(String name) {
        folder = project.resolve("target").resolve("local servers").resolve(name);
        environment.put("MILLRACE_LOCAL_DIR", folder.toString());
        environment.put("MILLRACE_LOCAL_PORT", Integer.toString(basePort));
        environment.put("MILLRACE_LOCAL_START_SECONDS", Integer.toString(START_SECONDS));
        // A server that lives for a minute spends most of its time on compiling what is soon thrown away.
        environment.put("JVM_ARGS", "-XX:TieredStopAtLevel=1");
        // Unpacked once for all, and begun with what Liberty works out at its first start: seconds for each server.
        environment.put("MILLRACE_LOCAL_RUNTIME", folder.resolveSibling("runtime").toString());
        run("wipe").succeeded();
        run("warm").succeeded();
    }

    /** With applications beside: of a package that is unpacked for these servers alone. */
    LocalServers beside(Path applications) {
        return with("MILLRACE_LOCAL_DROPINS", applications.toString()).with("MILLRACE_LOCAL_RUNTIME", null);
    }

    /** Sets a variable of the environment for the servers that are started from now on; null takes it away. */
    LocalServers with(String variable, String value) {
        if (value == null) {
            environment.remove(variable);
        } else {
            environment.put(variable, value);
        }
        return this;
    }

    /** Each server is started in its network namespace, and is to be found at its address. */
    LocalServers linkedBy(Links between) {
        links = between;
        return with("MILLRACE_LOCAL_NAMESPACES", between.prefix());
    }

    /** Runs the script; variables of this build's own environment that could change the servers are kept from it. */
    Outcome run(String... arguments) {
        return run(List.of(), arguments);
    }

    /** @param before a command that runs the script */
    private Outcome run(List<String> before, String... arguments) {
        List<String> command = new ArrayList<>(before);
        command.add(project.resolve("deploy/local.sh").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(variable -> variable.startsWith("MILLRACE_"));
        builder.environment().putAll(environment);
        try {
            Path output = Files.createTempFile("local-", ".out");
            try {
                Process process = builder.redirectOutput(output.toFile()).start();
                if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
                    process.destroyForcibly();
                    throw new AssertionError("%s did not end; so far: %s".formatted(command, Files.readString(output)));
                }
                return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Starts server 1 and waits until it is ready. */
    public void start() {
        run("start").succeeded();
    }

    /** Whether {@link #startOnDisk} can work here. */
    boolean canMount() {
        try {
            return new ProcessBuilder("unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "test", "/mnt")
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException noSuchCommand) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Starts server 1 with its logs and its journal on one file system in memory, which only that process sees. */
    void startOnDisk(int megabytes) {
        String mounts = "disk=$1/disk; mkdir -p $disk $1/data $1/journal; mount -t tmpfs -o size=$2m test $disk;"
                + " for each in data journal; do mkdir $disk/$each; mount --bind $disk/$each $1/$each; done; shift 2;";
        run(List.of("unshare", "--map-root-user", "--mount", "bash", "-ec",
                mounts.replace("$1", "\"$1\"").replace("$disk", "\"$disk\"") + " exec \"$@\"", "mount",
                folder(1).toString(), Integer.toString(megabytes)), "start").succeeded();
    }

    /**
     * Starts a server again with some of its folders, and what they hold, on one file system in memory of their own, see
     * {@link #seenBy}.
     */
    void launchOnDisk(int server, int megabytes, List<String> folders) {
        String mounts = "disk=$1/disk; mkdir -p $disk; mount -t tmpfs -o size=$2m test $disk; for each in $3; do"
                + " cp -a $1/$each $disk/$each; mount --bind $disk/$each $1/$each; done; shift 3;";
        run(List.of("unshare", "--map-root-user", "--mount", "bash", "-ec",
                mounts.replace("$1", "\"$1\"").replace("$disk", "\"$disk\"") + " exec \"$@\"", "mount",
                folder(server).toString(), Integer.toString(megabytes), String.join(" ", folders)),
                "launch", Integer.toString(server)).succeeded();
    }

    /** A folder as a server sees it, which may have mounted something there. */
    Path seenBy(int server, String name) {
        return Path.of("/proc", pid(server), "root" + folder(server).resolve(name));
    }

    /** Of the process that was started last. */
    String pid(int server) {
        try {
            return Files.readString(folder(server).resolve("server.pid")).split("\\s+")[0];
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts server 1 where a process may have only so many files open. */
    void startWithOpenFiles(int limit) {
        run(List.of("bash", "-ec", "ulimit -n \"$1\"; shift; exec \"$@\"", "limit", Integer.toString(limit)),
                "start").succeeded();
    }

    /** Kills a server with SIGKILL. */
    void kill(int server) {
        run("kill", Integer.toString(server)).succeeded();
    }

    public URI url(int server) {
        String scheme = environment.containsKey("MILLRACE_LOCAL_SECURED") ? "https" : "http";
        return URI.create(scheme + "://" + (links == null ? "localhost" : links.address(server)) + ":" + (basePort + server));
    }

    /** All that a server writes is in here. */
    Path folder(int server) {
        return folder.resolve(Integer.toString(server));
    }

    @Override
    public void close() {
        run("stop").succeeded();
    }

    private static int freeBasePort() {
        for (int attempt = 0; attempt < 100; attempt++) {
            int base = ThreadLocalRandom.current().nextInt(FIRST_BASE_PORT, LAST_BASE_PORT);
            boolean free = true;
            for (int server = 1; server <= PORTS; server++) {
                free &= isFree(base + server) && isFree(base + CLUSTER_PORT_DISTANCE + server);
            }
            if (free) {
                return base;
            }
        }
        throw new AssertionError("no free ports from " + FIRST_BASE_PORT + " on");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException inUse) {
            return false;
        }
    }
}
