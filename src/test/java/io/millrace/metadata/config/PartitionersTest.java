package io.millrace.metadata.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.millrace.broker.Failures;
import io.millrace.broker.FirstBytePartitioner;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Partitioner;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionersTest {
    private record Named(String name) implements Partitioner {
        @Override
        public int partition(String topic, ByteBuffer key, ByteBuffer value, int partitions) {
            return 0;
        }
    }

    @Test
    void anApplicationsPartitionerIsFoundByServiceLoader() {
        assertThat(Partitioners.load().find("first-byte")).containsInstanceOf(FirstBytePartitioner.class);
    }

    @Test
    void theContextClassLoaderIsAskedToo(@TempDir Path application) throws Exception {
        Path services = Files.createDirectories(application.resolve("META-INF/services"));
        Files.writeString(services.resolve(Partitioner.class.getName()), "missing.From.The.Application\n"
                + FirstBytePartitioner.class.getName());
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {application.toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);

            // The missing class is left out; the one that both loaders see is there once.
            assertThat(Partitioners.load().find("first-byte")).isPresent();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    @Test
    void defaultIsTheBuiltInOne() {
        assertThat(Partitioners.of(List.of()).find("default")).isEmpty();
    }

    @Test
    void anUnknownNameIsToldThoseFound() {
        Partitioners partitioners = Partitioners.of(List.of(new Named("by-region"), new Named("by-age")));

        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> partitioners.find("by-size"))
                .hasMessageContaining("'by-size'").hasMessageContaining("default, by-age, by-region");
    }

    @Test
    void twoOfOneNameAreRefused() {
        assertThatIllegalStateException().isThrownBy(
                () -> Partitioners.of(List.of(new Named("same"), new Named("same")))).withMessageContaining("rename");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "default"})
    void aPartitionerNeedsANameOfItsOwn(String name) {
        assertThatIllegalStateException().isThrownBy(() -> Partitioners.of(List.of(new Named(name))))
                .withMessageContaining("name of its own");
    }
}
