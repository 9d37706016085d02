package io.millrace.bench;

import io.millrace.bench.limits.LimitsApplication;
import io.millrace.bench.limits.LimitsResource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Packs the limits' classes into {@code bench-limits.war}, whose context root is then {@code /bench-limits}. */
final class LimitsWar {
    static final String CONTEXT_ROOT = "/bench-limits";

    private static final List<Class<?>> CLASSES = List.of(LimitsApplication.class, LimitsResource.class);

    private LimitsWar() {
    }

    static Path writeInto(Path folder) throws IOException {
        Path war = Files.createDirectories(folder).resolve("bench-limits.war");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(war))) {
            for (Class<?> type : CLASSES) {
                String name = type.getName().replace('.', '/') + ".class";
                zip.putNextEntry(new ZipEntry("WEB-INF/classes/" + name));
                try (InputStream bytes = type.getClassLoader().getResourceAsStream(name)) {
                    bytes.transferTo(zip);
                }
                zip.closeEntry();
            }
        }
        return war;
    }
}
