package io.millrace.process;

import io.millrace.process.orders.OrdersApplication;
import io.millrace.process.orders.OrdersResource;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/**
 * The process of an application server with the resource adapter, a database, and an application that writes to both: see {@code
 * src/test/liberty/orders}. It is killed and started again with what is on its disk.
 */
final class OrdersServer implements AutoCloseable {
    private static final int START_SECONDS = 400;
    private static final int STOP_SECONDS = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path project = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private final Path wlp = Path.of(System.getProperty("arquillian.wlp.home"));
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2)).build();
    private final Path folder;
    private final int port;
    /** Null while it does not run. */
    private Process process;

    /**
     * @param name     of a folder that nothing else uses; what an earlier run left in it is removed
     * @param millrace the servers that it sends to
     */
    OrdersServer(String name, int port, List<URI> millrace) throws IOException {
        this.port = port;
        this.folder = project.resolve("target").resolve("application servers").resolve(name);
        delete(folder);
        Path config = Files.createDirectories(folder.resolve("servers/orders"));
        Files.copy(project.resolve("src/test/liberty/orders/server.xml"), config.resolve("server.xml"));
        Files.copy(Path.of(System.getProperty("millrace.rar")), config.resolve("millrace.rar"));
        Files.writeString(config.resolve("bootstrap.properties"), "orders.http.port=%d%norders.millrace.servers=%s%n".formatted(port,
                String.join(",", millrace.stream().map(URI::toString).toList())));
        Files.writeString(config.resolve("jvm.options"), "-XX:TieredStopAtLevel=1\n-Xmx256m\n");
        Path derby = Files.createDirectories(config.resolve("derby"));
        String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        for (String each : classes.split(File.pathSeparator)) {
            if (Path.of(each).getFileName().toString().startsWith("derby")) {
                Files.copy(Path.of(each), derby.resolve(Path.of(each).getFileName()));
            }
        }
        ShrinkWrap.create(WebArchive.class).addClasses(OrdersApplication.class, OrdersResource.class).as(ZipExporter.class)
                .exportTo(Files.createDirectories(config.resolve("apps")).resolve("orders.war").toFile());
    }

    /** One that is free now, below those that Linux gives to clients. */
    static int freePort() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException inUse) {
                // another one
            }
        }
        throw new IOException("no free port");
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }

    /** Starts it, and waits until the application answers. */
    void start() throws IOException {
        launch();
        awaitAnswer();
    }

    /** Waits until the application answers. */
    void awaitAnswer() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                throw new AssertionError("the application server did not start: " + Files.readString(folder.resolve("console.log")));
            }
            sleep(200);
        }
    }

    /** Starts it; the application is not there yet. */
    void launch() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(wlp.resolve("bin/server").toString(), "run", "orders").redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("console.log").toFile()));
        builder.environment().put("WLP_USER_DIR", folder.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        process = builder.start();
    }

    private boolean answers() {
        try {
            return send("PUT", "") == 204;
        } catch (IOException starting) {
            return false;
        }
    }

    /** Kills it with SIGKILL; the script has become the server's process. */
    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the application server did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** @return the status */
    int order(String id) throws IOException {
        return send("POST", "/" + id);
    }

    /** @param path below {@code /orders} @return the status */
    int send(String method, String path) throws IOException {
        return request(method, path).statusCode();
    }

    /** The orders in the database. */
    Set<String> stored() throws IOException {
        HttpResponse<String> answer = request("GET", "");
        if (answer.statusCode() != 200) {
            throw new IOException(answer.statusCode() + " " + answer.body());
        }
        return new TreeSet<>(answer.body().lines().toList());
    }

    private HttpResponse<String> request(String method, String path) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/orders" + path)).timeout(PATIENCE)
                .method(method, HttpRequest.BodyPublishers.noBody()).build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroy();
            awaitEnd();
        }
    }
}
