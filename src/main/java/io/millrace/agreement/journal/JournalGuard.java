package io.millrace.agreement.journal;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Keeps a journal's promises: once it has promised an incarnation, it takes no state of a lower one, and whoever was
 * promised has been told every state that it took before. That, and not timing, keeps two agreements from both
 * reaching a majority. Thread-safe.
 */
public final class JournalGuard {
    private final StandingJournal journal;
    /** Shared while states are chosen to be taken; exclusive while the standing changes. */
    private final ReadWriteLock standing = new ReentrantReadWriteLock();

    public JournalGuard(StandingJournal journal) {
        this.journal = journal;
    }

    public Standing standing() {
        return journal.standing();
    }

    /** Whether this journal is one of these, by its identity. */
    public boolean isAmong(Set<String> identities) {
        return identities.contains(journal.origin().journal());
    }

    /** @throws RegisterUnavailableException when the journal cannot be written */
    public JournalReply handle(JournalRequest request) {
        return switch (request.kind()) {
            case INSPECT -> counted(standing());
            case PREPARE -> promise(request);
            case READ -> page(request);
            case RESTORE -> take(request);
            case ACTIVATE -> activate(request);
            case STORE -> take(request);
        };
    }

    /**
     * Promises an incarnation that is active: the journal of a broker that was away takes its states, and is activated,
     * as if its owner had restored them here.
     *
     * @return false when it has promised a later one
     */
    public boolean follow(long incarnation, String owner) {
        standing.writeLock().lock();
        try {
            Standing before = journal.standing();
            if (incarnation < before.promise()) {
                return false;
            }
            Standing wanted = new Standing(incarnation, owner, before.active());
            if (!wanted.equals(before)) {
                journal.stand(wanted);
            }
            return true;
        } finally {
            standing.writeLock().unlock();
        }
    }

    private JournalReply promise(JournalRequest request) {
        standing.writeLock().lock();
        try {
            Standing before = journal.standing();
            Standing wanted = new Standing(request.incarnation(), request.owner(), before.active());
            if (request.incarnation() <= before.promise() && !wanted.equals(before)) {
                return new JournalReply(false, before);
            }
            if (journal.origin().founders().isEmpty() && !request.founders().isEmpty()) {
                journal.found(request.founders());
            }
            if (!wanted.equals(before)) {
                journal.stand(wanted);
            }
            return counted(wanted);
        } finally {
            standing.writeLock().unlock();
        }
    }

    private JournalReply counted(Standing held) {
        return new JournalReply(true, held, journal.origin(), Collections.emptySortedMap());
    }

    /** All pages together are what was taken before the promise: nobody but its owner adds anything after it. */
    private JournalReply page(JournalRequest request) {
        standing.readLock().lock();
        try {
            Standing held = journal.standing();
            return isPromised(held, request) ? new JournalReply(true, held, JournalOrigin.UNKNOWN, journal.page(request.after()))
                : new JournalReply(false, held);
        } finally {
            standing.readLock().unlock();
        }
    }

    private JournalReply activate(JournalRequest request) {
        standing.writeLock().lock();
        try {
            Standing before = journal.standing();
            if (!isPromised(before, request)) {
                return new JournalReply(false, before);
            }
            Standing wanted = new Standing(before.promise(), before.owner(), before.promise());
            if (!wanted.equals(before)) {
                journal.stand(wanted);
            }
            return new JournalReply(true, wanted);
        } finally {
            standing.writeLock().unlock();
        }
    }

    private JournalReply take(JournalRequest request) {
        Map<String, CompletableFuture<Void>> begun = new HashMap<>();
        Standing held;
        standing.readLock().lock();
        try {
            held = journal.standing();
            boolean allowed = request.kind() == JournalRequest.Kind.RESTORE ? isPromised(held, request)
                : held.promise() == request.incarnation() && held.active() == request.incarnation();
            if (!allowed) {
                return new JournalReply(false, held);
            }
            request.states().forEach((key, state) -> begun.put(key, journal.begin(key, state)));
        } finally {
            standing.readLock().unlock();
        }
        begun.forEach(journal::await);
        return new JournalReply(true, held);
    }

    private static boolean isPromised(Standing held, JournalRequest request) {
        return held.promise() == request.incarnation() && held.owner().equals(request.owner());
    }
}
