package io.millrace.log.file;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;

/**
 * A disk under a real log, in memory. What was written is there for every reader at once, as the operating system has it;
 * what was forced is there after a power loss as well, and of the rest whatever a seed keeps: writes whole, torn or not at
 * all, in any order, and entries of directories as they were forced or as they are. It fills up, fails, rots and comes
 * back. For one thread.
 */
public final class SimulatedDisk implements FileAccess {
    private static final long SIZE = 1L << 30;
    private static final int SECTOR = 512;

    /** A change of a file that was not forced: bytes at a position, or, without any, a new size. */
    private record Change(long position, byte[] bytes) {
    }

    /** A file, whatever its names. */
    private static final class Content {
        /** As it is after a power loss, whatever else is. */
        private byte[] forced = {};
        private final List<Change> unforced = new ArrayList<>();
    }

    /** What a name stands for: a file or a directory. */
    private record Entry(Object key, boolean isDirectory) {
    }

    private final Random random;
    private FileSystem system = empty();
    private Map<Object, Content> contents = new HashMap<>();
    /** Of each directory, as it was forced last; by the directory's key. */
    private Map<Object, Map<String, Entry>> forcedEntries = new HashMap<>();
    private boolean full;
    private boolean failing;
    private Runnable whileForcing = () -> { };
    /** Changes until it stops in the middle of things; below 0: it does not. */
    private int changesLeft = -1;

    public SimulatedDisk(Random random) {
        this.random = random;
    }

    private static FileSystem empty() {
        return Jimfs.newFileSystem(Configuration.unix().toBuilder().setAttributeViews("basic").setBlockSize(1024)
            .setMaxSize(SIZE).setWorkingDirectory("/").build());
    }

    /** Where the log directory is. After {@link #losePower} it is another one. */
    public Path root() {
        return system.getPath("/logs");
    }

    /** @param others what other threads do while one waits for a log's file to be forced */
    public void whileForcing(Runnable others) {
        whileForcing = others;
    }

    // ---- faults

    public void setFull(boolean full) {
        this.full = full;
    }

    public boolean isFull() {
        return full;
    }

    /** Every write and force fails, for ever or until it is mended; reads go on. */
    public void setFailing(boolean failing) {
        this.failing = failing;
    }

    public boolean isFailing() {
        return failing;
    }

    /** After so many changes no write and no force reaches it any more, as when a process is killed in the middle of its work. */
    public void stopAfter(int changes) {
        changesLeft = changes;
    }

    /** Whether no write reaches it any more. */
    public boolean isStopped() {
        return changesLeft == 0;
    }

    /** The process is gone and another one can come; the operating system still has what was written. */
    public void goOn() {
        changesLeft = -1;
        failing = false;
    }

    /** Empties it. */
    public void wipe() {
        close();
        system = empty();
        contents = new HashMap<>();
        forcedEntries = new HashMap<>();
    }

    /** Changes one byte behind the log's back, and behind the operating system's: forced or not, it is so. */
    public void rot(Path file, long position) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, position);
            one.put(0, (byte) ~one.get(0));
            channel.write(one.flip(), position);
            Content content = contents.get(key(file));
            if (position < content.forced.length) {
                content.forced[(int) position] = one.get(0);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the operating system had and the disk had not is lost, as far as the seed says. */
    public void losePower() {
        FileSystem after = empty();
        Map<Object, Content> contentsAfter = new HashMap<>();
        Map<Object, Map<String, Entry>> entriesAfter = new HashMap<>();
        try {
            Path root = root();
            if (Files.exists(root)) {
                Files.createDirectory(after.getPath("/logs"));
                copy(key(root), directories(), after.getPath("/logs"), contentsAfter, entriesAfter);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        close();
        system = after;
        contents = contentsAfter;
        forcedEntries = entriesAfter;
    }

    private void close() {
        try {
            system.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All directories as they are, by their keys. */
    private Map<Object, Map<String, Entry>> directories() throws IOException {
        Map<Object, Map<String, Entry>> directories = new HashMap<>();
        try (Stream<Path> tree = Files.walk(root())) {
            for (Path path : (Iterable<Path>) tree.filter(Files::isDirectory)::iterator) {
                directories.put(key(path), entriesOf(path));
            }
        }
        return directories;
    }

    private void copy(Object directory, Map<Object, Map<String, Entry>> now, Path target,
                      Map<Object, Content> contentsAfter, Map<Object, Map<String, Entry>> entriesAfter)
            throws IOException {
        Map<String, Entry> kept = survivors(forcedEntries.getOrDefault(directory, Map.of()),
            now.getOrDefault(directory, Map.of()));
        for (Map.Entry<String, Entry> named : kept.entrySet()) {
            Path path = target.resolve(named.getKey());
            if (named.getValue().isDirectory()) {
                Files.createDirectory(path);
                copy(named.getValue().key(), now, path, contentsAfter, entriesAfter);
            } else {
                Content content = new Content();
                content.forced = survivor(contents.getOrDefault(named.getValue().key(), new Content()));
                Files.write(path, content.forced);
                contentsAfter.put(key(path), content);
            }
        }
        entriesAfter.put(key(target), entriesOf(target));
    }

    /** Each name as it was forced or as it is, but nothing under two names, and what was only renamed under one. */
    private Map<String, Entry> survivors(Map<String, Entry> forced, Map<String, Entry> now) {
        Map<String, Entry> kept = new TreeMap<>();
        Set<Object> placed = new HashSet<>();
        Set<String> names = new TreeSet<>(forced.keySet());
        names.addAll(now.keySet());
        for (String name : names) {
            if (forced.containsKey(name) && forced.get(name).equals(now.get(name))) {
                kept.put(name, now.get(name));
                placed.add(now.get(name).key());
            }
        }
        for (String name : names) {
            Entry before = forced.get(name);
            Entry after = now.get(name);
            if (!kept.containsKey(name)) {
                Entry chosen = random.nextBoolean() ? before : after;
                boolean renamed = before != null && now.containsValue(before);
                if (chosen == null && renamed && random.nextBoolean()) {
                    chosen = before;
                }
                if (chosen != null && placed.add(chosen.key())) {
                    kept.put(name, chosen);
                }
            }
        }
        // What was renamed is somewhere.
        forced.forEach((name, entry) -> {
            if (now.containsValue(entry) && placed.add(entry.key())) {
                kept.put(name, entry);
            }
        });
        return kept;
    }

    private byte[] survivor(Content content) {
        byte[] bytes = content.forced;
        for (Change change : content.unforced) {
            if (random.nextInt(3) > 0) {
                bytes = applied(bytes, change, change.bytes() == null || random.nextInt(4) > 0 ? Integer.MAX_VALUE
                    : SECTOR * random.nextInt(1 + change.bytes().length / SECTOR));
            }
        }
        return bytes;
    }

    private static byte[] applied(byte[] bytes, Change change, int most) {
        if (change.bytes() == null) {
            return Arrays.copyOf(bytes, (int) Math.min(bytes.length, change.position()));
        }
        int length = Math.min(most, change.bytes().length);
        byte[] after = Arrays.copyOf(bytes, (int) Math.max(bytes.length, change.position() + length));
        System.arraycopy(change.bytes(), 0, after, (int) change.position(), length);
        return after;
    }

    private static Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    private static Map<String, Entry> entriesOf(Path directory) throws IOException {
        Map<String, Entry> entries = new TreeMap<>();
        try (Stream<Path> listed = Files.list(directory)) {
            for (Path path : (Iterable<Path>) listed::iterator) {
                entries.put(path.getFileName().toString(), new Entry(key(path), Files.isDirectory(path)));
            }
        }
        return entries;
    }

    // ---- what the log does

    private void change() throws IOException {
        if (changesLeft == 0) {
            throw new IOException("the process is gone (simulated)");
        }
        changesLeft = Math.max(-1, changesLeft - 1);
        if (failing) {
            throw new IOException("Input/output error (simulated)");
        }
    }

    @Override
    public LogFile open(Path path, OpenOption... options) throws IOException {
        boolean writes = List.of(options).contains(StandardOpenOption.WRITE);
        boolean made = writes && !Files.exists(path);
        if (made) {
            change();
            if (full) {
                throw new IOException("No space left on device (simulated)");
            }
        }
        Set<OpenOption> all = new HashSet<>(List.of(options));
        all.add(StandardOpenOption.READ); // to know what is forced
        FileChannel channel = FileChannel.open(path, all);
        Content content = contents.computeIfAbsent(key(path), any -> new Content());
        if (List.of(options).contains(StandardOpenOption.TRUNCATE_EXISTING)) {
            content.unforced.add(new Change(0, null));
        }
        return new OpenFile(channel, content, path.toString().endsWith(".log"));
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        change();
        forcedEntries.put(key(directory), entriesOf(directory));
    }

    @Override
    public Space space(Path directory) {
        return new Space(full ? 0 : SIZE, SIZE);
    }

    private final class OpenFile implements LogFile {
        private final FileChannel channel;
        private final Content content;
        private final boolean isLog;

        private OpenFile(FileChannel channel, Content content, boolean isLog) {
            this.isLog = isLog;
            this.channel = channel;
            this.content = content;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return channel.read(target, position);
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            change();
            if (full && source.remaining() > 1 && random.nextBoolean()) {
                // As a real one: what still has room is written, and the next try finds none.
                return write(source, position, length -> random.nextInt((int) length));
            }
            if (full) {
                throw new IOException("No space left on device (simulated)");
            }
            return write(source, position, LongUnaryOperator.identity());
        }

        private int write(ByteBuffer source, long position, LongUnaryOperator part) throws IOException {
            byte[] bytes = new byte[(int) part.applyAsLong(source.remaining())];
            source.get(bytes);
            content.unforced.add(new Change(position, bytes));
            return bytes.length == 0 ? 0 : channel.write(ByteBuffer.wrap(bytes), position);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            change();
            content.unforced.add(new Change(size, null));
            channel.truncate(size);
        }

        @Override
        public void force(boolean metadata) throws IOException {
            change();
            if (isLog && changesLeft < 0) {
                whileForcing.run();
                change(); // as it is by now
            }
            ByteBuffer whole = ByteBuffer.allocate((int) channel.size());
            while (whole.hasRemaining() && channel.read(whole, whole.position()) > 0) {
                continue;
            }
            content.forced = whole.array();
            content.unforced.clear();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
