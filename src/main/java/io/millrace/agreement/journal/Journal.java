package io.millrace.agreement.journal;

import io.millrace.agreement.LocalNotes;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.RegisterState;
import io.millrace.log.Cleanup;
import io.millrace.log.Compaction;
import io.millrace.log.CorruptLogException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogObserver;
import io.millrace.log.LogQueueFullException;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The newest version of every register in one compacted partition log: each change is appended and forced, and whoever
 * cleans the {@link #directory()} makes older versions give way to it, as in any compacted log.
 */
public final class Journal implements StandingJournal, LocalNotes, AutoCloseable {
    /** Cannot be the name of a topic's folder here: the journal has a log directory to itself. */
    static final String TOPIC = "__registers";

    /** Begins the keys of what is the journal's own: no register's key holds a control character. */
    private static final String OWN = "\u0001";
    private static final String STANDING = OWN + "standing";
    private static final String IDENTITY = OWN + "identity";
    private static final String FOUNDERS = OWN + "founders";
    private static final String NOTE = OWN + "note/";
    /** Says that what was before the log's start is not missed: earlier versions deleted it after a snapshot of all. */
    static final String WHOLE = OWN + "whole";
    private static final System.Logger LOGGER = System.getLogger(Journal.class.getName());
    private static final UUID TOPIC_ID = new UUID(0, 2);
    /** Nobody else ever writes it. */
    private static final int LEADER_EPOCH = 0;
    private static final int INDEX_INTERVAL_BYTES = 4096;
    private static final int MAX_OPEN_FILES = 500;
    /** Room for what frees a disk which is full, in bytes. */
    private static final long RESERVE_BYTES = 4L << 20;
    /** Every caller waits for its own append, so the queue is bounded by their number. */
    private static final LogDirectory.Options QUEUE =
        new LogDirectory.Options(Long.MAX_VALUE, Integer.MAX_VALUE, 1000, RESERVE_BYTES);

    /** Half of what can be cleaned is dirty, or more. No record is ever a tombstone: a register that is deleted has a state. */
    private static final Cleanup COMPACTED = new Cleanup(false, Optional.of(new Compaction(0.5, 0, Long.MAX_VALUE, 0)));

    /**
     * @param segmentBytes what is older than the segment of this size that is written to can be cleaned, in bytes
     * @param answerMillis how long a call waits for the disk, in ms
     */
    public record Options(int segmentBytes, long answerMillis) {
        public static final Options DEFAULT = new Options(1 << 20, 30_000);
    }

    /** @param written completes when the state is durable */
    private record Slot(RegisterState state, CompletableFuture<Void> written) {
    }

    private final LogDirectory directory;
    private final PartitionLog log;
    private final Options options;
    private final Clock clock;

    /** Read by any thread; written only under {@link #appending}. */
    private final ConcurrentNavigableMap<String, Slot> slots = new ConcurrentSkipListMap<>();
    /** Held from the choice of what is appended until it is queued: versions of a register stand in their order. */
    private final Object appending = new Object();
    /** Held from the choice of a note's version until it is queued. */
    private final Object noting = new Object();
    /** Whether a write failed since all of them were last looked at. */
    private final AtomicBoolean torn = new AtomicBoolean();
    /** Appends that wait for the disk. */
    private final AtomicInteger waiting = new AtomicInteger();
    /** When the disk last answered, or was asked after a pause; by {@link System#nanoTime}. */
    private volatile long answeredAt = System.nanoTime();

    private Journal(LogDirectory directory, PartitionLog log, Options options, Clock clock) {
        this.directory = directory;
        this.log = log;
        this.options = options;
        this.clock = clock;
    }

    /**
     * Opens the journal, creating it when there is none, and reads all of it.
     *
     * @param executor runs the writer until the journal is closed
     * @throws DamagedJournalException when it is not as it was written; a record that a crash cut short is not damage
     */
    public static Journal open(Path root, Options options, Clock clock, Executor executor) {
        return open(root, options, clock, executor, LogObserver.NONE);
    }

    /** @param observer is told of damage that could be mended */
    public static Journal open(Path root, Options options, Clock clock, Executor executor, LogObserver observer) {
        return open(root, options, clock, executor, observer, new OpenFiles(MAX_OPEN_FILES));
    }

    /** As {@link #open(Path, Options, Clock, Executor, LogObserver)}, by these files. */
    public static Journal open(Path root, Options options, Clock clock, Executor executor, LogObserver observer,
                               OpenFiles files) {
        LogDirectory directory = LogDirectory.open(root, QUEUE, clock, observer, files);
        try {
            directory.identify(TOPIC, 0, TOPIC_ID);
            PartitionLog log = directory.openLog(TOPIC, 0, TOPIC_ID, new LogConfig(options.segmentBytes(),
                Long.MAX_VALUE, -1, -1, INDEX_INTERVAL_BYTES, TimestampType.CREATE_TIME, FlushPolicy.COMMIT, COMPACTED),
                LEADER_EPOCH);
            Journal journal = new Journal(directory, log, options, clock);
            journal.fill(JournalReplay.of(root, log));
            executor.execute(directory);
            journal.identify();
            journal.noteWhole();
            return journal;
        } catch (CorruptLogException e) {
            directory.close();
            throw new DamagedJournalException(root, e.getMessage(), e);
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    /** One that was complete before there were identities needs none. */
    private void identify() {
        if (!slots.containsKey(IDENTITY) && standing().active() == 0) {
            ensure(IDENTITY, new RegisterState(1, "identity", UUID.randomUUID().toString()));
        }
    }

    /** The records of a snapshot that say so may give way to newer ones. */
    private void noteWhole() {
        if (log.logStartOffset() > 0) {
            ensure(WHOLE, new RegisterState(1, "whole", "true"));
        }
    }

    private void fill(Map<String, RegisterState> states) {
        synchronized (appending) {
            states.forEach((key, state) -> put(key, new Slot(state, CompletableFuture.completedFuture(null))));
        }
    }

    @Override
    public void ensure(String key, RegisterState state) {
        await(key, begin(key, state));
    }

    @Override
    public CompletableFuture<Void> begin(String key, RegisterState state) {
        Slot slot = slots.get(key);
        return slot != null && holds(slot, state) ? slot.written() : append(key, state);
    }

    @Override
    public Standing standing() {
        Slot slot = slots.get(STANDING);
        return slot == null ? Standing.NONE : Standing.decode(slot.state().value());
    }

    @Override
    public void stand(Standing standing) {
        Slot slot = slots.get(STANDING);
        long version = slot == null ? 1 : slot.state().version() + 1;
        ensure(STANDING, new RegisterState(version, "standing", standing.encode()));
    }

    @Override
    public JournalOrigin origin() {
        return new JournalOrigin(text(IDENTITY), JournalOrigin.decodeFounders(text(FOUNDERS)));
    }

    private String text(String key) {
        Slot slot = slots.get(key);
        return slot == null ? "" : slot.state().value();
    }

    @Override
    public void found(SortedSet<String> founders) {
        ensure(FOUNDERS, new RegisterState(1, "founders", JournalOrigin.encodeFounders(founders)));
    }

    @Override
    public Optional<String> read(String key) {
        return Optional.ofNullable(slots.get(NOTE + key)).map(slot -> slot.state().value());
    }

    @Override
    public void write(String key, String text) {
        CompletableFuture<Void> written;
        synchronized (noting) {
            Slot slot = slots.get(NOTE + key);
            written = begin(NOTE + key, new RegisterState(slot == null ? 1 : slot.state().version() + 1, "note", text));
        }
        await(NOTE + key, written);
    }

    @Override
    public void requireWritable() {
        LogDirectoryOfflineException failure = directory.failure();
        if (failure != null) {
            throw unavailable("the journal takes no more changes: " + failure.getMessage(), failure);
        }
    }

    @Override
    public SortedMap<String, RegisterState> page(String after) {
        return StatePages.next(slots.tailMap(after, false).entrySet().stream()
            .filter(entry -> !entry.getKey().startsWith(OWN))
            .map(entry -> Map.entry(entry.getKey(), entry.getValue().state())).iterator());
    }

    /** Where it is written, for whoever cleans it. */
    public LogDirectory directory() {
        return directory;
    }

    /** Why the journal takes no more changes, or null. */
    public LogDirectoryOfflineException failure() {
        return directory.failure();
    }

    /** Whether it takes no more changes until the server is restarted; else it comes back by itself when there is space. */
    public boolean isLost() {
        return directory.failure() != null && !directory.waitsForSpace();
    }

    /** Whether there is too little space on its disk to keep some back for bad times. */
    public boolean isShortOfSpace() {
        return directory.lacksReserve();
    }

    /** For how long its disk has neither written what waits for it, nor failed; 0: nothing waits. In ns. */
    public long silentNanos() {
        return waiting.get() == 0 ? 0 : Math.max(0, System.nanoTime() - answeredAt);
    }

    /**
     * Whether all that is known here is on the disk. What could not be written is queued once more: a promise that is
     * held to must outlive the next restart, too.
     */
    public boolean isWhole() {
        if (!torn.getAndSet(false)) {
            return true;
        }
        boolean whole = true;
        for (Map.Entry<String, Slot> entry : slots.entrySet()) {
            if (entry.getValue().written().isCompletedExceptionally()) {
                append(entry.getKey(), entry.getValue().state());
            }
            whole &= entry.getValue().written().isDone() && !entry.getValue().written().isCompletedExceptionally();
        }
        torn.compareAndSet(false, !whole);
        return whole;
    }

    long sizeInBytes() {
        return log.sizeInBytes();
    }

    @Override
    public void close() {
        directory.close();
    }

    private CompletableFuture<Void> append(String key, RegisterState state) {
        ByteBuffer batch = JournalRecords.change(clock.millis(), key, state);
        synchronized (appending) {
            Slot slot = slots.get(key);
            if (slot != null && holds(slot, state)) {
                return slot.written();
            }
            CompletableFuture<Void> written = queue(List.of(batch));
            // An older state, after a newer one whose write failed, must not take its place when that is written again.
            if (slot == null || !slot.state().isNewerThan(state)) {
                put(key, new Slot(state, written));
            }
            return written;
        }
    }

    private static boolean holds(Slot slot, RegisterState state) {
        return !state.isNewerThan(slot.state()) && !slot.written().isCompletedExceptionally();
    }

    /** Under {@link #appending}. */
    private void put(String key, Slot slot) {
        slots.put(key, slot);
    }

    private CompletableFuture<Void> queue(List<ByteBuffer> batches) {
        try {
            if (waiting.get() == 0) {
                answeredAt = System.nanoTime(); // first: with something waiting, an older one would look like silence
            }
            waiting.incrementAndGet();
            return directory.append(log, batches, LEADER_EPOCH).<Void>thenApply(result -> null)
                .whenComplete((done, failure) -> answered(failure));
        } catch (LogQueueFullException | LogDirectoryOfflineException e) {
            answered(e);
            return CompletableFuture.failedFuture(e);
        }
    }

    private void answered(Throwable failure) {
        answeredAt = System.nanoTime();
        waiting.decrementAndGet();
        if (failure != null) {
            torn.set(true);
        }
    }

    @Override
    public void await(String key, CompletableFuture<Void> written) {
        try {
            written.get(options.answerMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable("the wait for the journal's disk was interrupted, register " + key, e);
        } catch (ExecutionException e) {
            throw unavailable("register " + key + " could not be written to the journal: "
                + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw unavailable("the journal's disk did not answer within " + options.answerMillis() + " ms, register "
                + key, e);
        }
    }

    private static RegisterUnavailableException unavailable(String message, Throwable cause) {
        return new RegisterUnavailableException(message, cause);
    }
}
