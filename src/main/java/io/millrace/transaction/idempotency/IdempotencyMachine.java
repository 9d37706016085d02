package io.millrace.transaction.idempotency;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.Decision;
import io.millrace.coordinator.StateMachine;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.idempotency.ProducerPool.Fresh;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The keys of one partition of {@code __idempotency_keys}, and everything that is decided about them. Touched by the
 * partition's task only.
 *
 * <p>A request is first prepared, which gives it a producer id and an epoch of its own, then carried out, and then completed,
 * which keeps its answer. One that is prepared and not completed may have been carried out: it is carried out again by whoever
 * asks, in the same name and with each record in the same partition, and the logs do not take it twice.
 */
final class IdempotencyMachine implements StateMachine<StoredKey, StoredValue> {
    /** How many keys are forgotten by one decision: they fit into a batch. */
    private static final int MOST_EXPIRED = 1_000;

    private final IdempotencyOptions options;
    /** What changed first comes first, and so expires first; but for what was undone, which may be late. */
    private final Map<IdempotencyKey, StoredValue.OfRequest> requests = new LinkedHashMap<>();
    private final ProducerPool producers;
    private final KeyUsage usage;

    IdempotencyMachine(IdempotencyOptions options) {
        this.options = options;
        this.producers = new ProducerPool(options.maxUnfinished());
        this.usage = new KeyUsage(options);
    }

    @Override
    public StoredValue replay(StoredKey key, StoredValue value) {
        if (key instanceof StoredKey.Named named) {
            return replay(named.key(), (StoredValue.OfRequest) value);
        } else if (key instanceof StoredKey.Producer producer) {
            Short before = producers.setLastEpoch(producer.id(), value == null ? null : ((StoredValue.LastEpoch) value).epoch());
            return before == null ? null : new StoredValue.LastEpoch(before);
        }
        return null; // of a later version, which knows what to do about it
    }

    private StoredValue replay(IdempotencyKey key, StoredValue.OfRequest value) {
        StoredValue.OfRequest before = requests.remove(key);
        if (value != null) {
            requests.put(key, value);
            usage.add(key, value);
        }
        if (before != null) {
            usage.remove(key, before);
        }
        if (value instanceof StoredValue.Prepared prepared) {
            producers.hold(prepared.producerId());
        }
        if (before instanceof StoredValue.Prepared prepared) {
            producers.release(prepared.producerId());
        }
        return before;
    }

    // ---- what is decided

    /**
     * A request has come, and no other one with its key is being carried out here. What the topic wants of its records by now
     * concerns it only if it is new.
     *
     * @param topicId of the topic as it is
     * @param nowMs   since the epoch
     * @throws BrokerException IDEMPOTENCY_KEY_REUSED when its key was another request's
     */
    Begun find(IdempotencyKey key, Fingerprint fingerprint, UUID topicId, long nowMs) {
        StoredValue.OfRequest known = requests.get(key);
        if (known == null || !known.topicId().equals(topicId) || isExpired(known, nowMs)) {
            return new Begun.New();
        }
        if (!known.fingerprint().equals(fingerprint)) {
            throw new BrokerException(ErrorKind.IDEMPOTENCY_KEY_REUSED, key + " was used for a request with another body:"
                    + " a key names one request, and its repetitions");
        }
        return known instanceof StoredValue.Completed completed ? new Begun.Answered(completed)
                : new Begun.Execute((StoredValue.Prepared) known);
    }

    /**
     * As above, and if it is new it is prepared. Where there is no room for it, what has expired is forgotten.
     *
     * @param layout     where its records are to go
     * @param underWay   those that are to stay, since they are being carried out
     * @param producerId one that nobody has ever used, for when none of those that are here is free; null: there is no such
     * @param nowMs      since the epoch
     * @throws BrokerException IDEMPOTENCY_KEY_REUSED when its key was another request's; OVERLOADED when there is no room
     */
    Decision<StoredKey, StoredValue, Begun> begin(IdempotencyKey key, Fingerprint fingerprint, UUID topicId, Layout layout,
                                                  Predicate<IdempotencyKey> underWay, Long producerId, long nowMs) {
        Begun found = find(key, fingerprint, topicId, nowMs);
        if (!(found instanceof Begun.New)) {
            return Decision.nothing(found);
        }
        List<Change<StoredKey, StoredValue>> room = room(key, layout, underWay, nowMs);
        Fresh producer = producers.next();
        if (producer == null && producerId != null) {
            producer = new Fresh(producerId, (short) 0);
        }
        return producer == null ? Decision.nothing(new Begun.ProducerNeeded()) : prepared(key,
                new StoredValue.Prepared(fingerprint, topicId, layout, nowMs, producer.id(), producer.epoch()), room);
    }

    /**
     * What is to be forgotten for a request: what its key was used for before, and of what has expired as much as it takes.
     *
     * @throws BrokerException OVERLOADED when that is not enough
     */
    private List<Change<StoredKey, StoredValue>> room(IdempotencyKey key, Layout layout, Predicate<IdempotencyKey> underWay,
                                                      long nowMs) {
        List<Change<StoredKey, StoredValue>> changes = new ArrayList<>();
        KeyUsage.Room room = usage.roomFor(key, layout);
        StoredValue.OfRequest replaced = requests.get(key);
        if (replaced != null) {
            giveUp(replaced, changes);
            room.without(key, replaced);
        }
        Iterator<Map.Entry<IdempotencyKey, StoredValue.OfRequest>> oldestFirst = requests.entrySet().iterator();
        boolean more = true;
        while (more && room.isTooSmall() && oldestFirst.hasNext()) {
            Map.Entry<IdempotencyKey, StoredValue.OfRequest> oldest = oldestFirst.next();
            more = isExpired(oldest.getValue(), nowMs) && changes.size() < MOST_EXPIRED;
            if (more && !oldest.getKey().equals(key) && !underWay.test(oldest.getKey())) {
                forget(oldest.getKey(), oldest.getValue(), changes);
                room.without(oldest.getKey(), oldest.getValue());
            }
        }
        room.require();
        return changes;
    }

    private static Decision<StoredKey, StoredValue, Begun> prepared(IdempotencyKey key, StoredValue.Prepared prepared,
                                                                    List<Change<StoredKey, StoredValue>> room) {
        List<Change<StoredKey, StoredValue>> changes = new ArrayList<>();
        changes.add(new Change<>(new StoredKey.Named(key), prepared));
        changes.add(new Change<>(new StoredKey.Producer(prepared.producerId()),
                new StoredValue.LastEpoch(prepared.producerEpoch())));
        changes.addAll(room);
        return new Decision<>(changes, new Begun.Execute(prepared));
    }

    private static void forget(IdempotencyKey key, StoredValue.OfRequest known, List<Change<StoredKey, StoredValue>> changes) {
        changes.add(new Change<>(new StoredKey.Named(key), null));
        giveUp(known, changes);
    }

    /** Nobody knows what becomes of a request that was never completed: its producer does nothing else any more. */
    private static void giveUp(StoredValue.OfRequest forgotten, List<Change<StoredKey, StoredValue>> changes) {
        if (forgotten instanceof StoredValue.Prepared prepared) {
            changes.add(new Change<>(new StoredKey.Producer(prepared.producerId()), null));
        }
    }

    /**
     * A request was carried out, as a whole: its answer is kept, and its producer is free.
     *
     * @param prepared    as it was begun: nothing changes where it is something else by now
     * @param baseOffsets by slot of its layout
     */
    Decision<StoredKey, StoredValue, Void> complete(IdempotencyKey key, StoredValue.Prepared prepared, long[] baseOffsets,
                                                    long nowMs) {
        List<Change<StoredKey, StoredValue>> changes = new ArrayList<>();
        if (prepared.equals(requests.get(key))) {
            changes.add(new Change<>(new StoredKey.Named(key), new StoredValue.Completed(prepared.fingerprint(),
                    prepared.topicId(), prepared.layout(), nowMs, baseOffsets)));
            if (producers.isSpare(prepared.producerId())) {
                giveUp(prepared, changes);
            }
        }
        return new Decision<>(changes, null);
    }

    /**
     * Forgets what has been known for long enough, a part of it.
     *
     * @param underWay those that are to stay, since they are being carried out
     * @return whether there may be more
     */
    Decision<StoredKey, StoredValue, Boolean> expire(Predicate<IdempotencyKey> underWay, long nowMs) {
        List<Change<StoredKey, StoredValue>> changes = new ArrayList<>();
        int expired = 0;
        for (Map.Entry<IdempotencyKey, StoredValue.OfRequest> each : requests.entrySet()) {
            if (!isExpired(each.getValue(), nowMs) || expired == MOST_EXPIRED) {
                break;
            }
            if (!underWay.test(each.getKey())) {
                forget(each.getKey(), each.getValue(), changes);
                expired++;
            }
        }
        return new Decision<>(changes, expired == MOST_EXPIRED);
    }

    private boolean isExpired(StoredValue.OfRequest request, long nowMs) {
        return nowMs - request.atMs() >= options.expirationMs();
    }

    // ---- for operators

    /** How many keys are known. */
    int size() {
        return requests.size();
    }

    /** How many producer ids there are. */
    int producers() {
        return producers.size();
    }
}
