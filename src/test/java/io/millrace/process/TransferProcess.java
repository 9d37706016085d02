package io.millrace.process;

import io.millrace.process.TransactionalProducer.FencedException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A {@link TransferApplication} in a process of its own. It writes a line for each transaction; a line on its standard input
 * makes it end. It ends by itself when another one took its transactional id, and with a fault for an answer that it must not
 * get.
 */
final class TransferProcess {
    static final int FENCED = 3;
    private static final int TRANSACTION_MS = 10_000;
    private static final int SESSION_MS = 6_000;

    private TransferProcess() {
    }

    /** @param output of this process; what it has to complain of goes beside it, into {@link #errors} */
    static Process start(List<URI> servers, String group, String transactionalId, int partitions, Path output) throws IOException {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "-Xmx64m",
                "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                TransferProcess.class.getName(), group, transactionalId, Integer.toString(partitions)));
        servers.forEach(url -> command.add(url.toString()));
        return new ProcessBuilder(command).redirectOutput(Redirect.appendTo(output.toFile()))
                .redirectError(Redirect.appendTo(errors(output).toFile())).start();
    }

    static Path errors(Path output) {
        return output.resolveSibling(output.getFileName() + ".errors");
    }

    public static void main(String[] arguments) throws InterruptedException {
        List<URI> servers = Arrays.stream(arguments).skip(3).map(URI::create).toList();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            new TransferApplication(servers, arguments[0], arguments[1], Integer.parseInt(arguments[2]), TRANSACTION_MS, SESSION_MS,
                    out::println).run(TransferProcess::isAskedToEnd);
        } catch (FencedException other) {
            out.println("fenced: " + other.getMessage());
            System.exit(FENCED);
        }
    }

    private static boolean isAskedToEnd() {
        try {
            return System.in.available() > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
