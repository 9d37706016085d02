package io.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an application compiles against: the API's jar, and nothing else of this project. */
class ApiJarIT {
    private static final String PARTITIONER = """
            package com.example;

            import io.millrace.metadata.Partitioner;
            import java.nio.ByteBuffer;

            public class ByLength implements Partitioner {
                @Override
                public String name() {
                    return "by-length";
                }

                @Override
                public int partition(String topic, ByteBuffer key, ByteBuffer value, int partitions) {
                    return (key == null ? 0 : key.remaining()) % partitions;
                }
            }
            """;
    private static final String ASSIGNOR = """
            package com.example;

            import io.millrace.group.membership.Assignor;
            import io.millrace.group.membership.AssignorMember;
            import io.millrace.metadata.TopicPartition;
            import java.util.HashSet;
            import java.util.Map;
            import java.util.Set;
            import java.util.SortedMap;

            public class ToTheFirst implements Assignor {
                @Override
                public String name() {
                    return "to-the-first";
                }

                @Override
                public Map<String, Set<TopicPartition>> assign(SortedMap<String, AssignorMember> members,
                        SortedMap<String, Integer> topics) {
                    Set<TopicPartition> all = new HashSet<>();
                    topics.forEach((topic, partitions) -> {
                        for (int i = 0; i < partitions; i++) {
                            all.add(new TopicPartition(topic, i));
                        }
                    });
                    return Map.of(members.firstKey(), all);
                }
            }
            """;

    private final Path api = Path.of(System.getProperty("millrace.api"));

    @TempDir
    Path folder;

    @Test
    void anApplicationsPartitionerAndAssignorAreCompiledAgainstItAlone() throws IOException, ReflectiveOperationException {
        Path classes = compile("ByLength", PARTITIONER);
        compile("ToTheFirst", ASSIGNOR);
        Path services = Files.createDirectories(classes.resolve("META-INF/services"));
        Files.writeString(services.resolve("io.millrace.metadata.Partitioner"), "com.example.ByLength\n");

        URL[] path = {classes.toUri().toURL(), api.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
            Class<?> service = loader.loadClass("io.millrace.metadata.Partitioner");
            Object partitioner = ServiceLoader.load(service, loader).findFirst().orElseThrow();
            assertThat(service.getMethod("name").invoke(partitioner)).isEqualTo("by-length");
            assertThat(service.getMethod("partition", String.class, ByteBuffer.class, ByteBuffer.class, int.class)
                    .invoke(partitioner, "t", ByteBuffer.wrap(new byte[5]), null, 3)).isEqualTo(2);
        }
    }

    private Path compile(String name, String source) throws IOException {
        Path file = Files.createDirectories(folder.resolve("src/com/example")).resolve(name + ".java");
        Files.writeString(file, source);
        Path classes = Files.createDirectories(folder.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            assertThat(compiler.getTask(said, files, null, List.of("-cp", api.toString(), "-d", classes.toString(), "--release", "17"),
                    null, files.getJavaFileObjects(file)).call()).as(said.toString()).isTrue();
        }
        return classes;
    }
}
