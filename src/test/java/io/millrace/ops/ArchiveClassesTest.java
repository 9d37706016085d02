package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveClassesTest {
    private static final String SERVER = "io/millrace/ops/Server.class";

    @TempDir
    private Path folder;

    /** Has the classes of an archive to itself, as an application has. */
    private static final class Application extends URLClassLoader {
        private boolean withOpenTelemetry = true;

        Application(Path archive) throws IOException {
            super(new URL[] {archive.toUri().toURL()}, ArchiveClassesTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!withOpenTelemetry && name.startsWith("io.opentelemetry.")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("io.millrace.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                return known == null ? findClass(name) : known;
            }
        }

        /** As on a server without the feature. */
        Application withoutOpenTelemetry() {
            withOpenTelemetry = false;
            return this;
        }

        boolean hasLoaded(String name) {
            return findLoadedClass(name) != null;
        }
    }

    private static Path compiled() {
        return Path.of(Server.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    }

    private static List<String> compiledClasses() throws IOException {
        try (var files = Files.walk(compiled())) {
            return files.map(file -> compiled().relativize(file).toString().replace(File.separatorChar, '/'))
                    .filter(name -> name.endsWith(".class") && !name.endsWith("package-info.class"))
                    .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.')).toList();
        }
    }

    /** With a blank in its name, which a URL does not show as it is. */
    private Path jar() throws IOException {
        Path jar = folder.resolve("the classes.jar");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (String name : compiledClasses()) {
                String entry = name.replace('.', '/') + ".class";
                zip.putNextEntry(new ZipEntry(entry));
                Files.copy(compiled().resolve(entry), zip);
            }
        }
        return jar;
    }

    @Test
    void everyClassOfAFolderOrAnArchiveIsLoaded() throws Exception {
        for (Path archive : List.of(compiled(), jar())) {
            try (Application application = new Application(archive)) {
                ArchiveClasses.loadAll(application.loadClass("io.millrace.ops.Server"));

                assertThat(compiledClasses()).hasSizeGreaterThan(400).allMatch(application::hasLoaded);
            }
        }
    }

    @Test
    void whatIsMadeOfOpenTelemetryIsMissedByNobodyWhereThatIsMissing() throws Exception {
        try (Application application = new Application(compiled()).withoutOpenTelemetry()) {
            ArchiveClasses.loadAll(application.loadClass("io.millrace.ops.Server"));

            assertThat(compiledClasses()).filteredOn(name -> !application.hasLoaded(name)).isNotEmpty()
                    .allMatch(name -> name.startsWith("io.millrace.ops.telemetry."));
        }
    }

    @Test
    void whereOpenTelemetryIsMissingRequestsAreNotFollowedWhateverTheSettingsSay() throws Exception {
        try (Application application = new Application(compiled()).withoutOpenTelemetry()) {
            Method of = application.loadClass("io.millrace.ops.FollowedRequests").getDeclaredMethod("of", Function.class, int.class);
            of.setAccessible(true);
            Object none = application.loadClass("io.millrace.tracing.Tracing").getField("NONE").get(null);

            for (Map<String, String> settings : List.of(Map.<String, String>of(), Map.of("otel.sdk.disabled", "false"))) {
                Function<String, Optional<String>> source = name -> Optional.ofNullable(settings.get(name));
                assertThat(of.invoke(null, source, 1)).as(settings.toString()).isSameAs(none);
            }
        }
    }

    @Test
    void inAWarOnlyItsOwnClassesAreTaken() throws IOException {
        Path war = folder.resolve("some.war");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(war));
                InputStream server = Files.newInputStream(compiled().resolve(SERVER))) {
            zip.putNextEntry(new ZipEntry("WEB-INF/classes/" + SERVER));
            server.transferTo(zip);
            zip.putNextEntry(new ZipEntry("WEB-INF/lib/other.jar"));
            zip.putNextEntry(new ZipEntry("WEB-INF/classes/io/millrace/ops/package-info.class"));
            zip.putNextEntry(new ZipEntry("WEB-INF/classes/org/other/Partitioner.class"));
        }

        assertThat(ArchiveClasses.names(war)).containsExactly("io.millrace.ops.Server");
    }

    @Test
    void whatIsNotFromAFileOrAFolderIsRefused() {
        assertThatThrownBy(() -> ArchiveClasses.loadAll(String.class)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("deploy it as a WAR");
    }
}
