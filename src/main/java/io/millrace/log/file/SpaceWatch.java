package io.millrace.log.file;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells whether the disk under a log directory is only full, or descriptors only used up, and when that is over: then
 * the directory can be written again without a restart. Keeps, where that is asked for, some space back that is given up
 * when there is no other, so that what frees space can still be noted. The log writer's.
 */
public final class SpaceWatch {
    private static final Logger LOG = System.getLogger(SpaceWatch.class.getName());
    private static final String PROBE = ".probe";
    private static final String RESERVE = ".reserve";
    private static final int PIECE = 64 * 1024;
    /** A directory that filled up comes back when so much is free, in bytes, or this share of a small disk. */
    private static final long ROOM_BYTES = 64L * 1024 * 1024;
    private static final int ROOM_SHARE = 20;
    /** How the operating systems say it; in another language the free space tells. */
    private static final List<String> SHORTAGES = List.of("No space left", "Disk quota exceeded",
        "There is not enough space", "Too many open files");

    private final Path root;
    private final FileAccess files;
    private final long reserveBytes;
    private volatile boolean reserved;

    public SpaceWatch(Path root, FileAccess files, long reserveBytes) {
        this.root = root;
        this.files = files;
        this.reserveBytes = reserveBytes;
    }

    /**
     * Whether a failure is one that passes: no space, or no descriptor. A force that failed must say so itself, and so
     * must each that failed with it. Any thread.
     */
    public boolean isShortage(Throwable failure) {
        return failure instanceof IOException
            && (isSaid(failure) || !(failure instanceof FailedForceException) && isFull())
            && Stream.of(failure.getSuppressed()).filter(FailedForceException.class::isInstance).allMatch(SpaceWatch::isSaid);
    }

    private static boolean isSaid(Throwable failure) {
        String text = String.valueOf(failure.getMessage());
        return SHORTAGES.stream().anyMatch(text::contains);
    }

    private boolean isFull() {
        try {
            return files.space(root).usable() < PIECE;
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the free space under " + root + " is not known", e);
            return false;
        }
    }

    /** Whether there is room again, and a file can be written and forced. */
    public boolean isOver() throws IOException {
        FileAccess.Space space = files.space(root);
        if (reserveBytes == 0 && space.usable() < room(space)) {
            return false;
        }
        Path probe = root.resolve(PROBE);
        try {
            fill(probe, PIECE);
            return true;
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    /** Whether a file of so many bytes leaves the room that a directory needs which comes back. Any thread. */
    public boolean hasRoomFor(long bytes) throws IOException {
        FileAccess.Space space = files.space(root);
        return space.usable() - room(space) >= bytes;
    }

    private static long room(FileAccess.Space space) {
        return Math.min(ROOM_BYTES, space.total() / ROOM_SHARE);
    }

    // ---- the reserve

    /** Whether space should be kept back that is not. Any thread. */
    public boolean lacksReserve() {
        return reserveBytes > 0 && !reserved;
    }

    /** Keeps space back when there is plenty; else that is tried again later. */
    public void reserve() {
        Path reserve = root.resolve(RESERVE);
        try {
            if (Files.exists(reserve) && Files.size(reserve) == reserveBytes) {
                reserved = true;
                return;
            }
            FileAccess.Space space = files.space(root);
            if (space.usable() >= room(space) + reserveBytes) {
                fill(reserve, reserveBytes);
                reserved = true;
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "no space is kept back in " + root, e);
            giveUpReserve();
        }
    }

    public void giveUpReserve() {
        reserved = false;
        try {
            Files.deleteIfExists(root.resolve(RESERVE));
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "the space that was kept back in " + root + " could not be given up", e);
        }
    }

    private void fill(Path path, long bytes) throws IOException {
        try (LogFile file = files.open(path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(PIECE);
            long at = 0;
            while (at < bytes) {
                zeros.clear().limit((int) Math.min(PIECE, bytes - at));
                at += file.write(zeros, at);
            }
            try {
                file.force(true);
            } catch (IOException e) {
                throw new FailedForceException(e);
            }
        }
    }
}
