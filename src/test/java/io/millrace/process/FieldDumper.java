package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The judge from outside: Kafka's segment dumper, in a process of its own, over files that servers wrote. */
final class FieldDumper {
    private final Path folder;

    /** @param folder of one server */
    FieldDumper(Path folder) {
        this.folder = folder;
    }

    /**
     * Of all partitions of a topic; the dumper must have read all of it.
     *
     * @param suffix  of the files' names; at least one that is not empty must be there
     * @param options further ones of the dumper
     */
    String dump(String topic, String suffix, String... options) throws IOException, InterruptedException {
        String files = files(topic, suffix);
        assertThat(files).as("files *%s of %s in %s", suffix, topic, folder).isNotEmpty();
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "org.apache.kafka.tools.DumpLogSegments", "--print-data-log"));
        command.addAll(List.of(options));
        command.addAll(List.of("--files", files));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        // it ends so whatever it finds
        assertThat(output).as("%s of %s in %s", suffix, topic, folder).doesNotContain("isvalid: false").doesNotContain("invalid bytes")
                .doesNotContain("Exception");
        return output;
    }

    private String files(String topic, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.getParent().getFileName().toString().matches(topic + "-\\d+")
                    && file.toString().endsWith(suffix) && size(file) > 0).map(Path::toString).collect(Collectors.joining(","));
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
