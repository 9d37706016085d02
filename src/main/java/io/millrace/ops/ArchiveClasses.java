package io.millrace.ops;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The classes of Millrace in the archive or folder that it was deployed from. All of them are loaded before anything is
 * opened: who undeploys by taking the archive away has taken it before the server is asked to stop, and a stop that
 * needed a class which was not loaded yet would fail. One that is made of classes which this server does not have is not needed either.
 */
final class ArchiveClasses {
    private static final Pattern CLASS_FILE = Pattern.compile("(?:WEB-INF/classes/)?(io/millrace/.+)\\.class");

    private ArchiveClasses() {
    }

    /**
     * @param member a class of the archive; its class loader loads the others
     * @throws IllegalStateException when the archive is not to be found
     * @throws UncheckedIOException  when it cannot be read
     * @throws LinkageError          when a class cannot be loaded, because the archive was just taken away for example
     */
    static void loadAll(Class<?> member) {
        for (String name : names(location(member))) {
            try {
                load(name, member.getClassLoader());
            } catch (NoClassDefFoundError missing) {
                if (!FollowedRequests.isOptional(name)) {
                    throw missing;
                }
            }
        }
    }

    private static void load(String name, ClassLoader loader) {
        try {
            Class.forName(name, false, loader);
        } catch (ClassNotFoundException gone) {
            throw new NoClassDefFoundError(name + " cannot be loaded: " + gone.getMessage());
        }
    }

    private static Path location(Class<?> member) {
        CodeSource source = member.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null || !"file".equals(source.getLocation().getProtocol())) {
            throw new IllegalStateException("the classes of Millrace come from " + source
                    + ": deploy it as a WAR in a file, or unpacked in a folder");
        }
        // The container's URLs may hold characters that a URI may not.
        return Path.of(URI.create("file:" + source.getLocation().getPath().replace(" ", "%20")));
    }

    /** @param archive a WAR, a JAR, or a folder with classes */
    static List<String> names(Path archive) {
        try {
            return Files.isDirectory(archive) ? inFolder(archive) : inFile(archive);
        } catch (IOException e) {
            throw new UncheckedIOException("the classes of Millrace in " + archive + " cannot be read", e);
        }
    }

    private static List<String> inFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return classes(files.map(file -> folder.relativize(file).toString().replace(File.separatorChar, '/')));
        }
    }

    private static List<String> inFile(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return classes(zip.stream().map(ZipEntry::getName));
        }
    }

    private static List<String> classes(Stream<String> files) {
        return files.map(CLASS_FILE::matcher).filter(Matcher::matches)
                .map(found -> found.group(1).replace('/', '.')).filter(name -> !name.endsWith("package-info")).toList();
    }
}
