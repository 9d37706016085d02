package io.millrace.process;

import io.millrace.process.TransactionalProducer.FencedException;
import io.millrace.process.TransactionalProducer.LostTransactionException;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * An application in a process of its own that reads one topic and writes two, in transactions that commit how far it has
 * read. Now and then it changes its mind and aborts. It writes a line for each transaction; a line on its standard input makes
 * it end. It ends by itself when another one took its transactional id, and with a fault for an answer that it must not get.
 */
final class TransferProcess {
    static final int FENCED = 3;
    static final String INPUT = "input";
    static final int TRANSACTION_TIMEOUT_MS = 10_000;
    private static final int SESSION_MS = 6_000;
    private static final Duration PATIENCE = Duration.ofSeconds(8);
    /** Of so many transactions one is aborted that could be committed. */
    private static final int ABORTED_OF = 12;

    private final String group;
    private final int partitions;
    private final TransactionalProducer producer;
    private final TransferMember member;
    private final Random random = new Random();
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private TransferProcess(List<URI> urls, String group, String transactionalId, int partitions) {
        this.group = group;
        this.partitions = partitions;
        AnyServer servers = new AnyServer(urls, transactionalId.hashCode(), PATIENCE);
        // some know again what was sent twice, the others give a transaction up where an answer is lost
        boolean counting = transactionalId.hashCode() % 2 == 0;
        this.producer = new TransactionalProducer(servers, transactionalId, TRANSACTION_TIMEOUT_MS, counting);
        this.member = new TransferMember(servers, group, INPUT, SESSION_MS);
    }

    /** @param output of this process; what it has to complain of goes beside it, into a file with ".errors" at its name's end */
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

    public static void main(String[] arguments) throws Exception {
        List<URI> servers = Arrays.stream(arguments).skip(3).map(URI::create).toList();
        TransferProcess application = new TransferProcess(servers, arguments[0], arguments[1], Integer.parseInt(arguments[2]));
        try {
            application.run();
        } catch (FencedException other) {
            application.out.println("fenced: " + other.getMessage());
            System.exit(FENCED);
        }
    }

    private void run() throws IOException, InterruptedException, FencedException {
        producer.begin();
        out.println("begun");
        while (System.in.available() == 0) {
            TransferMember.Polled polled = member.poll();
            if (polled != null && !isTransferred(polled)) {
                producer.abort();
                member.leave(); // what it was given must be given again, to whoever has the partition then
            }
        }
        member.leave();
    }

    private boolean isTransferred(TransferMember.Polled polled) throws InterruptedException {
        try {
            for (Map.Entry<Integer, List<String>> part : polled.values().entrySet()) {
                send(part.getValue());
            }
            producer.sendOffsets(group, member.name(), polled.epoch(), INPUT, polled.next());
            if (random.nextInt(ABORTED_OF) == 0) {
                out.println("aborts " + polled.next());
                return false;
            }
            producer.commit();
            out.println("committed " + polled.next());
            return true;
        } catch (LostTransactionException lost) {
            out.println("lost " + polled.next() + ": " + lost.getMessage());
            return false;
        }
    }

    /** What is made of records of one partition, in few requests. */
    private void send(List<String> values) throws LostTransactionException, InterruptedException {
        for (TransferOutput output : TransferOutput.values()) {
            for (int partition = 0; partition < partitions; partition++) {
                int target = partition;
                List<String> made = values.stream().filter(value -> output.partition(value, partitions) == target)
                        .map(output::value).toList();
                if (!made.isEmpty()) {
                    producer.send(output.label(), target, made);
                }
            }
        }
    }
}
