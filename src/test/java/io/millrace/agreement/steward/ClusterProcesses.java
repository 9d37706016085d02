package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The processes of a cluster, and what they said they were told. Used by one thread. */
final class ClusterProcesses implements AutoCloseable {
    private static final int BROKERS = 3;
    private static final long SERVICE_SECONDS = 60;

    private final class Broker {
        private final Process process;
        private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        private volatile long lastAck;
        private volatile int participants;

        private Broker(Process process) {
            this.process = process;
            Thread reader = new Thread(this::readLines, "output of " + process.pid());
            reader.setDaemon(true);
            reader.start();
        }

        private void readLines() {
            try (BufferedReader out =
                     new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    String[] words = line.split(" ");
                    if (words[0].equals("ack") && words.length == 4) {
                        acknowledge(words[1], Long.parseLong(words[2]), words[3]);
                        lastAck = System.nanoTime();
                    } else if (words[0].equals("participants")) {
                        participants = Integer.parseInt(words[1]);
                    } else if (!words[0].equals("ack")) {
                        answers.add(line);
                    }
                }
            } catch (IOException e) {
                // It was killed.
            }
        }

        private void send(String line) throws IOException {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        }
    }

    private final Path folder;
    private final List<Integer> ports = FreePorts.choose(BROKERS);
    private final Map<Integer, Broker> brokers = new TreeMap<>();
    /** By key and version, the value of each acknowledged change. */
    private final Map<String, Map<Long, String>> acknowledged = new ConcurrentHashMap<>();
    private final List<String> contradictions = new ArrayList<>();

    ClusterProcesses(Path folder) {
        this.folder = folder;
    }

    private void acknowledge(String key, long version, String value) {
        String before = acknowledged.computeIfAbsent(key, any -> new ConcurrentHashMap<>()).put(version, value);
        if (before != null) {
            synchronized (contradictions) {
                contradictions.add(key + " version " + version + ": " + before + " and " + value);
            }
        }
    }

    void start(int... ids) throws IOException {
        for (int id : ids) {
            brokers.put(id, new Broker(ClusterProcess.start(id, ports, folder.resolve("journal-" + id),
                folder.resolve("errors-" + id))));
        }
    }

    void kill(int... ids) throws InterruptedException {
        for (int id : ids) {
            brokers.get(id).process.toHandle().destroyForcibly();
        }
        for (int id : ids) {
            brokers.remove(id).process.waitFor();
        }
    }

    void closeInOrder(int id) throws IOException, InterruptedException {
        Broker broker = brokers.remove(id);
        broker.send("close");
        assertThat(broker.process.waitFor(30, TimeUnit.SECONDS)).as("broker %s left", id).isTrue();
    }

    /** @param name of a signal, for example STOP */
    void signal(int id, String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(brokers.get(id).process.pid())).inheritIO().start()
            .waitFor();
    }

    /** Waits until each of these had a change acknowledged since; @return after how many ms. */
    long awaitService(long since, int... ids) {
        for (int id : ids) {
            while (brokers.get(id).lastAck - since < 0) {
                assertThat(System.nanoTime() - since).as("service at broker %s, see %s", id, folder)
                    .isLessThan(TimeUnit.SECONDS.toNanos(SERVICE_SECONDS));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
    }

    /** Waits until every broker takes part in the consensus again: it can do without any one of them then. */
    void awaitWhole() {
        long begun = System.nanoTime();
        while (brokers.values().stream().anyMatch(broker -> broker.participants < BROKERS)) {
            assertThat(System.nanoTime() - begun).as("wait for all to take part, see %s", folder)
                .isLessThan(TimeUnit.SECONDS.toNanos(SERVICE_SECONDS));
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /** What was acknowledged before this call is what each broker reads, or something newer. */
    void checkAcknowledgedEverywhere() throws Exception {
        Map<String, Long> newest = new HashMap<>();
        acknowledged.forEach((key, values) ->
            newest.put(key, values.keySet().stream().mapToLong(Long::longValue).max().orElseThrow()));
        for (Map.Entry<Integer, Broker> broker : brokers.entrySet()) {
            broker.getValue().answers.clear();
            broker.getValue().send(String.join(" ", newest.keySet()));
            for (int i = 0; i < newest.size(); i++) {
                String[] words = answer(broker.getValue()).split(" ");
                long version = Long.parseLong(words[2]);
                assertThat(version).as("version of %s at broker %s", words[1], broker.getKey())
                    .isGreaterThanOrEqualTo(newest.get(words[1]));
                String said = acknowledged.get(words[1]).get(version);
                assertThat(said == null || said.equals(words[3]))
                    .as("%s version %s at broker %s: %s, but acknowledged was %s", words[1], version, broker.getKey(),
                        words[3], said).isTrue();
            }
            assertThat(answer(broker.getValue())).isEqualTo("end");
        }
        synchronized (contradictions) {
            assertThat(contradictions).isEmpty();
        }
    }

    int changes() {
        return acknowledged.values().stream().mapToInt(Map::size).sum();
    }

    private static String answer(Broker broker) throws InterruptedException {
        String line = broker.answers.poll(SERVICE_SECONDS, TimeUnit.SECONDS);
        assertThat(line).as("an answer").isNotNull();
        return line;
    }

    @Override
    public void close() {
        brokers.values().forEach(broker -> broker.process.toHandle().destroyForcibly());
        brokers.values().forEach(broker -> {
            try {
                broker.process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new UncheckedIOException(new IOException(e));
            }
        });
    }
}
