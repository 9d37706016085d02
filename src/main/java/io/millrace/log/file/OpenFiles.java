package io.millrace.log.file;

import java.io.IOException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Bounds how many files of logs are open at a time: those that were not used for longest are closed, and opened again
 * when they are needed. A file in use is never closed, so there may be a few more than the bound while more than that
 * are in use at once. Thread-safe; shared by all log directories of a server.
 */
public final class OpenFiles {
    /** So many are closed when the process has no descriptor left. */
    private static final int MANY = 32;
    /** This share of the bound is closed at a time. */
    private static final int SHARE = 16;

    private final FileAccess files;
    private final int max;
    /** What is open, in the order in which it is looked at for closing. Guarded by itself. */
    private final Set<CachedFile> open = new LinkedHashSet<>();

    /**
     * @param max 1 and above
     * @throws IllegalArgumentException when it is below 1
     */
    public OpenFiles(int max) {
        this(FileAccess.DISK, max);
    }

    public OpenFiles(FileAccess files, int max) {
        if (max < 1) {
            throw new IllegalArgumentException("open files: found a bound of " + max + ", allowed 1 and above");
        }
        // Perhaps all descriptors of the process are used up: ours can be given back.
        this.files = new SparingFiles(files, () -> closeDownTo(Math.max(0, count() - MANY)) > 0);
        this.max = max;
    }

    /** For what is opened beside the cache; also there idle files are closed when there is no descriptor left. */
    public FileAccess files() {
        return files;
    }

    /** How many are open now. */
    public int count() {
        synchronized (open) {
            return open.size();
        }
    }

    public int max() {
        return max;
    }

    /** Opens a file for its cache entry, whose lock the caller holds. */
    LogFile open(CachedFile entry, Path path, OpenOption option) throws IOException {
        if (count() >= max) {
            closeDownTo(max - 1 - max / SHARE);
        }
        LogFile file = files.open(path, option);
        synchronized (open) {
            open.add(entry);
        }
        return file;
    }

    /** The entry's file is closed. */
    void closed(CachedFile entry) {
        synchronized (open) {
            open.remove(entry);
        }
    }

    /** @return how many were closed */
    private int closeDownTo(int target) {
        int closed = 0;
        for (CachedFile candidate : candidates(target)) {
            if (count() <= target) {
                break;
            }
            closed += candidate.closeIfIdle() ? 1 : 0;
        }
        return closed;
    }

    /**
     * The files to try, those first that were not used since they were looked at last: all, but none when there is
     * nothing to close.
     */
    private List<CachedFile> candidates(int target) {
        synchronized (open) {
            if (open.size() <= target) {
                return List.of();
            }
            List<CachedFile> idle = new ArrayList<>();
            List<CachedFile> used = new ArrayList<>();
            int enough = open.size() - target + MANY;
            Iterator<CachedFile> inOrder = open.iterator();
            while (inOrder.hasNext() && idle.size() < enough) {
                CachedFile next = inOrder.next();
                if (next.wasUsed()) {
                    used.add(next);
                } else {
                    idle.add(next);
                }
            }
            used.forEach(file -> {
                open.remove(file);
                open.add(file);
            });
            idle.addAll(used);
            return idle;
        }
    }
}
